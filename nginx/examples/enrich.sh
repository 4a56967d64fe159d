#!/usr/bin/env bash
# Runs a flow action for a lead's record and applies the fields that come back. Needs curl and jq.
#
#     enrich.sh URL WEBHOOK RECORD.json [PROGRAM]       URL: http://127.0.0.1/flow/call-webhook
#
# RECORD.json holds the lead's fields under their SOAP API names, as an answer does. PROGRAM is a program's id (digits
# are sent as a number), its path or its name.
#
# Exit status: 0 done; 1 the service refused or gave no usable answer; 2 the request is wrong; 3 the call may have had
# its effect, so it is not repeated; 75 nothing was sent, try again later.
set -euo pipefail
[ $# -eq 3 ] || [ $# -eq 4 ] || { echo "enrich.sh URL WEBHOOK RECORD.json [PROGRAM]" >&2; exit 64; }
url=$1 webhook=$2 record=$3 program=${4-}
tries=10

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# finish STATUS MESSAGE
finish() {
    printf '%s\n' "$2"
    exit "$1"
}

# header NAME: the value of a header of the answer.
header() {
    tr -d '\r' < "$work/head" | awk -F': *' -v name="$1" 'tolower($1) == name { print $2; exit }'
}

jq -e 'type == "object"' "$record" > "$work/checked" 2>&1 || finish 2 "$record cannot be read: no JSON object"
jq --arg webhook "$webhook" --arg program "$program" '{webhook: $webhook, lead: .} + if $program == "" then {}
    else {program: ($program | if test("^[0-9]+$") then tonumber else . end)} end' "$record" > "$work/request"
for ((try = 0; try < tries; try++)); do
    code=0
    # A call, and the end of an old process before it.
    status=$(curl -sS --max-time 75 -H 'Content-Type: application/json' --data-binary @"$work/request" \
        -D "$work/head" -o "$work/body" -w '%{http_code}' "$url") || code=$?
    # 7: no connection was made.
    [ "$code" -ne 7 ] || finish 75 "no answer: connection refused"
    [ "$code" -eq 0 ] || finish 3 "no answer: curl's error $code"
    wait=$(header retry-after)
    # Flowhook's is in seconds; a date is another's.
    if [ "$status" = 503 ] && [[ $wait =~ ^[0-9]+$ ]]; then
        echo "busy, trying again in $wait s"
        sleep "$wait"
        continue
    fi
    type=$(header content-type)
    type=${type%%;*}
    # The web server's own error: what became of the call is unknown.
    [ "$status" = 200 ] || [ "$type" = application/problem+json ] || finish 3 "the web server answered $status"
    known=outcome
    [ "$type" != application/problem+json ] || known=detail
    jq -e --arg known "$known" '.[$known] | strings' "$work/body" > "$work/checked" 2>&1 ||
        finish 3 "the answer is none of Flowhook's, or not the whole of it"
    # Refused before anything was sent: the detail says what to change.
    [ "$known" = outcome ] || finish 2 "$(jq -r .detail "$work/body")"

    jq -r '.unresolvedTokens[] | "not resolved: \(.)"' "$work/body"
    case $(jq -r '.outcome + " " + (.error.sent // "")' "$work/body") in
        "updated ")
            # null clears a field.
            jq -s '.[0] + .[1].fields' "$record" "$work/body" > "$record.new"
            mv "$record.new" "$record"
            jq -r '.skipped[] | "not written: \(.field) (\(.reason))"' "$work/body"
            finish 0 updated
            ;;
        "sent ") finish 0 sent ;;
        "failed no") finish 75 "failed, nothing was sent: $(jq -r .error.detail "$work/body")" ;;
        "failed maybe") finish 3 "failed, it may have arrived: $(jq -r .error.detail "$work/body")" ;;
        # rejected, or an answer that cannot be used.
        *) finish 1 "$(jq -r '.outcome + ": " + .error.detail' "$work/body")" ;;
    esac
done
finish 75 "the service stayed busy"
