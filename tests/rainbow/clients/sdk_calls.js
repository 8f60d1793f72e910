// Calls methods of rainbow-node-sdk's AdminService, one after the other, and prints a line of JSON for each.
// Arguments: host, login, password, application id, its secret, and a list of [method, ...arguments] as JSON; `-` reads it
// from the standard input. `undefined` is written as {"undefined": true}, because null is something else there.
"use strict";

const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const NodeSDK = createRequire(path.join(process.cwd(), "x"))("rainbow-node-sdk");

const [host, login, password, appID, appSecret, calls] = process.argv.slice(2);
const sdk = new (NodeSDK.default ?? NodeSDK)({
  rainbow: { host, mode: "cli" },
  credentials: { login, password },
  application: { appID, appSecret },
  logs: { enableConsoleLogs: false, enableFileLogs: false, level: "error", file: { path: "/tmp/", level: "error" } },
  testDNSentry: false,
  im: { sendReadReceipt: false },
});

const given = (value) => (value !== null && typeof value === "object" && value.undefined ? undefined : value);
const print = (line) => process.stdout.write(`@${JSON.stringify(line)}\n`);

async function main() {
  await sdk.startCLI();
  await sdk.signinCLI();
  for (const [method, ...words] of JSON.parse(calls === "-" ? fs.readFileSync(0, "utf8") : calls)) {
    const begun = Date.now();
    try {
      const result = await sdk.admin[method](...words.map(given));
      print({ method, result, seconds: (Date.now() - begun) / 1000 });
    } catch (error) {
      print({ method, error: { code: error?.code, msg: error?.msg, details: error?.details, error: error?.error } });
    }
  }
  process.exit(0);
}

main().catch((error) => {
  print({ method: "signin", error });
  process.exit(1);
});
