<?php
// The peer in PHP: php-fpm, curl for the call. SERVICE_URL comes from the pool's configuration.
$lead = json_decode(file_get_contents('php://input'), true)['lead'];
$token = fn($name) => json_encode($lead[$name], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
// The token inside a string goes without the quotes of its own.
$payload = '{"email": ' . $token('Email Address') . ', "greeting": "Dear ' . substr($token('First Name'), 1, -1)
    . '", "company": ' . $token('Company Name') . '}';

$call = curl_init(getenv('SERVICE_URL'));
curl_setopt_array($call, [
    CURLOPT_POSTFIELDS => $payload,
    CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'Accept: application/json'],
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 30,
]);
$found = json_decode(curl_exec($call), true);

header('Content-Type: application/json');
echo json_encode($found === null ? ['outcome' => 'failed'] : [
    'outcome' => 'updated',
    'fields' => ['NumberOfEmployees' => $found['company']['employees'], 'Title' => $found['person']['title']],
]);
