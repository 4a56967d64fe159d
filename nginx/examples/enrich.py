#!/usr/bin/env python3
"""Runs a flow action for a lead's record and applies the fields that come back.

    enrich.py URL WEBHOOK RECORD.json [PROGRAM]       URL: http://127.0.0.1/flow/call-webhook

RECORD.json holds the lead's fields under their SOAP API names, as an answer does. PROGRAM is a program's id (digits
are sent as a number), its path or its name.

Exit status: 0 done; 1 the service refused or gave no usable answer; 2 the request is wrong; 3 the call may have had
its effect, so it is not repeated; 75 nothing was sent, try again later.
"""
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

TRIES = 10


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: followed, a POST would become a GET."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect)


def ask(url, request):
    """Returns status, media type, Retry-After and body. 75 s: a call, and the end of an old process before it."""
    post = urllib.request.Request(url, json.dumps(request).encode(), {"Content-Type": "application/json"})
    try:
        with opener.open(post, timeout=75) as response:
            return response.status, response.headers.get_content_type(), None, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.headers.get("Retry-After"), error.read()


def run(url, webhook, path, program=None):
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except (OSError, ValueError) as error:
        return 2, f"{path} cannot be read: {error}"
    request = {"webhook": webhook, "lead": record}
    if program is not None:
        request["program"] = int(program) if program.isascii() and program.isdigit() else program
    for _ in range(TRIES):
        try:
            status, media_type, retry_after, body = ask(url, request)
        except urllib.error.URLError as error:
            refused = isinstance(error.reason, ConnectionRefusedError)
            return (75 if refused else 3), f"no answer: {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            return 3, f"no answer, or not the whole of it: {error}"
        # Flowhook's is in seconds; a date is another's.
        if status == 503 and retry_after and retry_after.isdecimal():
            print(f"busy, trying again in {retry_after} s", flush=True)
            time.sleep(int(retry_after))
            continue
        is_problem = media_type == "application/problem+json"
        if status != 200 and not is_problem:
            # The web server's own error: what became of the call is unknown.
            return 3, f"the web server answered {status}"
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or ("detail" if is_problem else "outcome") not in answer:
            return 3, "the answer is none of Flowhook's, or not the whole of it"
        if is_problem:
            # Refused before anything was sent: the detail says what to change.
            return 2, answer["detail"]
        return apply(answer, record, path)
    return 75, "the service stayed busy"


def apply(answer, record, path):
    outcome = answer["outcome"]
    for token in answer["unresolvedTokens"]:
        print(f"not resolved: {token}")
    if outcome == "updated":
        # None clears a field.
        record.update(answer["fields"])
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(record, file)
        os.replace(path + ".new", path)
        for skipped in answer["skipped"]:
            print(f"not written: {skipped['field']} ({skipped['reason']})")
        return 0, "updated"
    if outcome == "sent":
        return 0, "sent"
    error = answer["error"]
    if outcome == "failed" and error["sent"] == "no":
        return 75, f"failed, nothing was sent: {error['detail']}"
    if outcome == "failed" and error["sent"] == "maybe":
        return 3, f"failed, it may have arrived: {error['detail']}"
    # rejected, or an answer that cannot be used.
    return 1, f"{outcome}: {error['detail']}"


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    code, message = run(*sys.argv[1:])
    print(message)
    sys.exit(code)
