#!/usr/bin/env node
// Runs a flow action for a lead's record and applies the fields that come back.
//
//     enrich.mjs URL WEBHOOK RECORD.json [PROGRAM]       URL: http://127.0.0.1/flow/call-webhook
//
// RECORD.json holds the lead's fields under their SOAP API names, as an answer does. PROGRAM is a program's id (digits
// are sent as a number), its path or its name.
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
    // A redirect is an answer like any other: followed, a POST would become a GET.
    redirect: "manual",
    // A call, and the end of an old process before it.
    signal: AbortSignal.timeout(75_000),
  });
}

async function run(url, webhook, path, program) {
  let record;
  try {
    record = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    return [2, `${path} cannot be read: ${error.message}`];
  }
  const request = { webhook, lead: record };
  if (program !== undefined) request.program = /^[0-9]+$/.test(program) ? Number(program) : program;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    let response;
    let body;
    try {
      response = await ask(url, request);
      body = await response.text();
    } catch (error) {
      const refused = error.cause?.code === "ECONNREFUSED";
      return [refused ? 75 : 3, `no answer: ${error.cause?.code ?? error.message}`];
    }
    const wait = response.headers.get("Retry-After") ?? "";
    // Flowhook's is in seconds; a date is another's.
    if (response.status === 503 && /^[0-9]+$/.test(wait)) {
      console.log(`busy, trying again in ${wait} s`);
      await sleep(Number(wait) * 1000);
      continue;
    }
    const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
    if (response.status !== 200 && !isProblem) {
      // The web server's own error: what became of the call is unknown.
      return [3, `the web server answered ${response.status}`];
    }
    let answer;
    try {
      answer = JSON.parse(body);
    } catch {
      // Told below, like JSON that is no answer.
    }
    if (typeof answer?.[isProblem ? "detail" : "outcome"] !== "string") {
      return [3, "the answer is none of Flowhook's, or not the whole of it"];
    }
    // A problem is refused before anything was sent: the detail says what to change.
    return isProblem ? [2, answer.detail] : apply(answer, record, path);
  }
  return [75, "the service stayed busy"];
}

async function apply({ outcome, fields, skipped, unresolvedTokens, error }, record, path) {
  for (const token of unresolvedTokens) console.log(`not resolved: ${token}`);
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

if (process.argv.length < 5 || process.argv.length > 6) {
  console.error("enrich.mjs URL WEBHOOK RECORD.json [PROGRAM]");
  process.exit(64);
}
const [code, message] = await run(...process.argv.slice(2));
console.log(message);
process.exitCode = code;
