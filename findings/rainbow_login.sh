#!/bin/sh
# rainbow-cli 1.102.2 with rainbow-node-sdk 2.46.1 (npm): one wrong password is three failed logins, and the exit status is 0.
#
# ALE's description of Rainbow's authentication says that five failed logins lock an account for an hour, and that good
# credentials are refused meanwhile. `rbw login` sends the same wrong credentials three times, within about three seconds,
# after an answer of 401 with the code of a wrong password; it prints one message. So who mistypes a password twice has sent
# six, and is locked out. A script that asks for the exit status is told that all went well: it is 0.
#
# Exits with 0 while that is so. Needs node, npm and openssl; the versions are those of tests/rainbow/clients.
set -eu
clients=$(cd "$(dirname "$0")/../tests/rainbow/clients" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$clients/package.json" "$clients/package-lock.json" "$clients/stub" "$clients/preload.js" "$work"
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

let logins = 0;
const refusal = JSON.stringify({ errorCode: 401, errorMsg: "Unauthorized", errorDetails: "Wrong password", errorDetailsCode: 401500 });
const server = https.createServer({ key: fs.readFileSync("key.pem"), cert: fs.readFileSync("cert.pem") }, (request, answer) => {
  const isLogin = request.url.endsWith("/login");
  logins += isLogin;
  answer.writeHead(isLogin ? 401 : 404, { "content-type": "application/json" });
  answer.end(isLogin ? refusal : "{}");
});
server.listen(0, "127.0.0.1", () => {
  const env = { ...process.env, HOME: process.cwd(), NODE_EXTRA_CA_CERTS: "cert.pem", NODE_OPTIONS: "--require ./preload.js" };
  const host = `127.0.0.1:${server.address().port}/rb`;
  const words = ["node_modules/rainbow-cli/index.js", "login", "ada@example.com", "wrong", "--host", host];
  let said = "";
  const client = spawn("node", words, { env, stdio: ["ignore", "pipe", "inherit"] });
  client.stdout.on("data", (text) => (said += text));
  client.on("close", (status) => {
    console.log(`logins sent: ${logins}; exit status: ${status}; failure printed: ${said.includes("Can't execute")}`);
    process.exit(logins === 3 && status === 0 && said.includes("Can't execute") ? 0 : 1);
  });
});
JS
node server.js
echo "still so: one wrong password is three failed logins, and the exit status is 0"
