#!/bin/sh
# rainbow-node-sdk 2.46.1 (npm): it starts an import whose report it cannot read, and says yes to a change that it drops.
#
# `getAnImportStatusReport` "allows to access the report of an import identified by its reqId" (its own documentation, since
# 2.12.0), and `getCSVTemplate` gives the template of a CSV. Neither sends anything: both fail with "Missing `url` property",
# because their headers name `accept` in lower case and the GET below looks for `Accept`. `importCSVData`, a POST, works: so an
# import begins, and what became of it cannot be asked.
# `updateASystemPhoneNumber` takes `isMonitored` as a boolean and `userId`; of what it is given it sends what is true. Asked to
# stop monitoring a number (false) or to free it (null), it sends an empty object and reports success.
#
# Exits with 0 while that is so. Needs node, npm and openssl; the versions are those of tests/rainbow/clients.
set -eu
clients=$(cd "$(dirname "$0")/../tests/rainbow/clients" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$clients/package.json" "$clients/package-lock.json" "$clients/stub" "$clients/sdk_calls.js" "$work"
cd "$work"
npm ci --silent --ignore-scripts --omit=optional --no-audit --no-fund
for pinned in rainbow-cli@1.102.2 rainbow-node-sdk@2.46.1; do
    grep -q "\"version\": \"${pinned#*@}\"" "node_modules/${pinned%@*}/package.json" || { echo "$pinned was not installed" >&2; exit 1; }
done
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=rainbow \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
cat > server.js <<'JS'
const https = require("https");
const fs = require("fs");
const { spawn } = require("child_process");

const seen = [];
const server = https.createServer({ key: fs.readFileSync("key.pem"), cert: fs.readFileSync("cert.pem") }, (request, answer) => {
  let body = "";
  request.on("data", (text) => (body += text));
  request.on("end", () => {
    if (/massprovisioning|phone-numbers/.test(request.url)) seen.push(`${request.method} ${body}`);
    const user = { id: "1", loginEmail: "ada@example.com", companyId: "2" };
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(JSON.stringify(request.url.endsWith("/login") ? { token: "a.b.c", loggedInUser: user } : { data: {} }));
  });
});
server.listen(0, "127.0.0.1", () => {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: "cert.pem" };
  const host = `127.0.0.1:${server.address().port}/rb`;
  const calls = [["importCSVData", "rows", "2"], ["getAnImportStatusReport", "id"], ["getCSVTemplate"], ["updateASystemPhoneNumber", "3", "4", false, null]];
  const words = ["sdk_calls.js", host, "ada@example.com", "secret", "application", "secret", JSON.stringify(calls)];
  let said = "";
  const client = spawn("node", words, { env, stdio: ["ignore", "pipe", "inherit"] });
  client.stdout.on("data", (text) => (said += text));
  client.on("close", () => {
    const lines = said.split("\n").filter((line) => line.startsWith("@")).map((line) => JSON.parse(line.slice(1)));
    for (const line of lines) console.log(`${line.method}: ${line.error ? `fails, ${line.error.code}` : "succeeds"}`);
    console.log("sent:", seen);
    const failed = lines.map((line) => "error" in line).join();
    process.exit(failed === "false,true,true,false" && seen.join() === "POST rows,PUT {}" ? 0 : 1);
  });
});
JS
node server.js
echo "still so: an import that it begins cannot be followed, and a change that it drops is reported as done"
