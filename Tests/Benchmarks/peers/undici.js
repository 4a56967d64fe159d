// The peer in Node: its own server, undici for the calls.
//
//   node undici.js SOCKET SERVICE-URL
const http = require("http");
const { Pool } = require("undici");

const [socket, service] = process.argv.slice(2);
const url = new URL(service);
const pool = new Pool(url.origin, { connections: 2048, pipelining: 1 });

// The token inside a string goes without the quotes of its own.
const render = (lead) =>
  `{"email": ${JSON.stringify(lead["Email Address"])}, "greeting": "Dear ${JSON.stringify(
    lead["First Name"]).slice(1, -1)}", "company": ${JSON.stringify(lead["Company Name"])}}`;

async function answer(body) {
  const { lead } = JSON.parse(body);
  const response = await pool.request({
    path: url.pathname,
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: render(lead),
    headersTimeout: 30000,
  });
  const found = await response.body.json();
  return JSON.stringify({
    outcome: "updated",
    fields: { NumberOfEmployees: found.company.employees, Title: found.person.title },
  });
}

http
  .createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      let status = 200;
      let text;
      try {
        text = await answer(Buffer.concat(chunks));
      } catch (error) {
        status = 502;
        text = '{"outcome":"failed"}';
      }
      response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
      response.end(text);
    });
  })
  .listen({ path: socket, backlog: 4096 });
