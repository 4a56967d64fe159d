#!/usr/bin/env node
// Runs a flow action for a lead's record and applies the fields that come back.
//
//     enrich.mjs URL WEBHOOK RECORD.json       URL: http://127.0.0.1/flow/call-webhook
//
// Exit status: 0 done; 1 the service refused or gave no usable answer; 2 the request is wrong; 3 the call may have had
// its effect, so it is not repeated; 75 nothing was sent, try again later.

import { readFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 10;

function ask(url, request) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
    // Longer than the longest call, 30 s.
    signal: AbortSignal.timeout(45_000),
  });
}

async function run(url, webhook, path) {
  const record = JSON.parse(await readFile(path, "utf8"));
  for (let attempt = 0; attempt < TRIES; attempt++) {
    let response;
    let body;
    try {
      response = await ask(url, { webhook, lead: record });
      body = await response.text();
    } catch (error) {
      const refused = error.cause?.code === "ECONNREFUSED";
      return [refused ? 75 : 3, `no answer: ${error.cause?.code ?? error.message}`];
    }
    const wait = response.headers.get("Retry-After");
    if (response.status === 503 && wait) {
      console.log(`busy, trying again in ${wait} s`);
      await sleep(Number(wait) * 1000);
      continue;
    }
    if (response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
      // Refused before anything was sent: the detail says what to change.
      return [2, JSON.parse(body).detail];
    }
    if (response.status !== 200) {
      // The web server's own error: what became of the call is unknown.
      return [3, `the web server answered ${response.status}`];
    }
    return apply(JSON.parse(body), record, path);
  }
  return [75, "the service stayed busy"];
}

async function apply({ outcome, fields, skipped, error }, record, path) {
  if (outcome === "updated") {
    // null clears a field.
    Object.assign(record, fields);
    await writeFile(`${path}.new`, JSON.stringify(record));
    await rename(`${path}.new`, path);
    for (const { field, reason } of skipped) console.log(`not written: ${field} (${reason})`);
    return [0, "updated"];
  }
  if (outcome === "sent") return [0, "sent"];
  if (outcome === "failed" && error.sent === "no") return [75, `failed, nothing was sent: ${error.detail}`];
  if (outcome === "failed" && error.sent === "maybe") return [3, `failed, it may have arrived: ${error.detail}`];
  // rejected, or an answer that cannot be used.
  return [1, `${outcome}: ${error.detail}`];
}

if (process.argv.length !== 5) {
  console.error("enrich.mjs URL WEBHOOK RECORD.json");
  process.exit(64);
}
const [code, message] = await run(...process.argv.slice(2));
console.log(message);
process.exitCode = code;
