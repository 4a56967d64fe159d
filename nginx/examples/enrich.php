#!/usr/bin/env php
<?php
// Runs a flow action for a lead's record and applies the fields that come back.
//
//     enrich.php URL WEBHOOK RECORD.json [PROGRAM]       URL: http://127.0.0.1/flow/call-webhook
//
// RECORD.json holds the lead's fields under their SOAP API names, as an answer does. PROGRAM is a program's id (digits
// are sent as a number), its path or its name.
//
// Exit status: 0 done; 1 the service refused or gave no usable answer; 2 the request is wrong; 3 the call may have had
// its effect, so it is not repeated; 75 nothing was sent, try again later.

declare(strict_types=1);

const TRIES = 10;

/** Status, headers (names in lower case) and body; null where no answer came. */
function ask(string $url, array $request): ?array
{
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => 'Content-Type: application/json',
        'content' => json_encode($request, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION),
        'ignore_errors' => true,
        // A redirect is an answer like any other: followed, a POST would become a GET.
        'follow_location' => 0,
        // A call, and the end of an old process before it.
        'timeout' => 75,
    ]]);
    $body = @file_get_contents($url, false, $context);
    if ($body === false || empty($http_response_header)) {
        return null;
    }
    $headers = [];
    foreach (array_slice($http_response_header, 1) as $line) {
        [$name, $value] = explode(':', $line, 2) + [1 => ''];
        $headers[strtolower($name)] = trim($value);
    }
    return [(int) explode(' ', $http_response_header[0])[1], $headers, $body];
}

function decode(string $json): array
{
    return json_decode($json, true, 128, JSON_THROW_ON_ERROR);
}

/** @return array{int, string} exit status and message */
function run(string $url, string $webhook, string $path, ?string $program = null): array
{
    try {
        $record = decode((string) @file_get_contents($path));
    } catch (JsonException | TypeError $error) {
        return [2, "$path cannot be read: {$error->getMessage()}"];
    }
    $request = ['webhook' => $webhook, 'lead' => (object) $record];
    if ($program !== null) {
        $request['program'] = ctype_digit($program) ? (int) $program : $program;
    }
    for ($try = 0; $try < TRIES; $try++) {
        $answer = ask($url, $request);
        if ($answer === null) {
            $refused = str_contains(error_get_last()['message'] ?? '', 'Connection refused');
            return [$refused ? 75 : 3, 'no answer'];
        }
        [$status, $headers, $body] = $answer;
        $wait = $headers['retry-after'] ?? '';
        // Flowhook's is in seconds; a date is another's.
        if ($status === 503 && ctype_digit($wait)) {
            echo "busy, trying again in $wait s\n";
            sleep((int) $wait);
            continue;
        }
        $isProblem = str_starts_with($headers['content-type'] ?? '', 'application/problem+json');
        if ($status !== 200 && !$isProblem) {
            // The web server's own error: what became of the call is unknown.
            return [3, "the web server answered $status"];
        }
        try {
            $answer = decode($body);
        } catch (JsonException | TypeError) {
            // An answer that breaks off is no failure for file_get_contents; told below, like JSON that is no answer.
            $answer = [];
        }
        if (!is_string($answer[$isProblem ? 'detail' : 'outcome'] ?? null)) {
            return [3, "the answer is none of Flowhook's, or not the whole of it"];
        }
        // A problem is refused before anything was sent: the detail says what to change.
        return $isProblem ? [2, $answer['detail']] : apply($answer, $record, $path);
    }
    return [75, 'the service stayed busy'];
}

/** @return array{int, string} */
function apply(array $answer, array $record, string $path): array
{
    $outcome = $answer['outcome'];
    $error = $answer['error'];
    foreach ($answer['unresolvedTokens'] as $token) {
        echo "not resolved: $token\n";
    }
    switch (true) {
        case $outcome === 'updated':
            // null clears a field.
            $record = array_replace($record, $answer['fields']);
            file_put_contents("$path.new", json_encode($record, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION));
            rename("$path.new", $path);
            foreach ($answer['skipped'] as $skipped) {
                echo "not written: {$skipped['field']} ({$skipped['reason']})\n";
            }
            return [0, 'updated'];
        case $outcome === 'sent':
            return [0, 'sent'];
        case $outcome === 'failed' && $error['sent'] === 'no':
            return [75, "failed, nothing was sent: {$error['detail']}"];
        case $outcome === 'failed' && $error['sent'] === 'maybe':
            return [3, "failed, it may have arrived: {$error['detail']}"];
        default:
            // rejected, or an answer that cannot be used.
            return [1, "$outcome: {$error['detail']}"];
    }
}

if ($argc < 4 || $argc > 5) {
    fwrite(STDERR, "enrich.php URL WEBHOOK RECORD.json [PROGRAM]\n");
    exit(64);
}
[$code, $message] = run(...array_slice($argv, 1));
echo "$message\n";
exit($code);
