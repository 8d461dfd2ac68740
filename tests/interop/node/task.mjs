// What every script here shares: its task comes as JSON on standard input, its result leaves as JSON on standard output.

import { readFileSync } from "node:fs";
import { Agent, createServer, request } from "node:https";
import { createInterface } from "node:readline";

/** Runs `work` on the task; a failure ends with its stack on standard error and status 1. */
export async function perform(work) {
  const task = JSON.parse(readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(await work(task)));
}

/** Does steps as they are asked for, one JSON line each, and answers likewise; what steps share is theirs to keep. */
export async function converse(steps) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { step, ...task } = JSON.parse(line);
    process.stdout.write(JSON.stringify((await steps[step](task)) ?? null) + "\n");
  }
}

/** Serves an application on loopback by HTTPS; its origin. `tls` is what Node's server takes beside, as `requestCert`. */
export async function served(app, { certificate, key, ...tls }) {
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key), ...tls }, app);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return `https://localhost:${server.address().port}`;
}

/** Until every worker of the server knows the last change. */
export function settle() {
  return new Promise((resolve) => setTimeout(resolve, 500));
}

/** How a refusal looks to the caller of a library: `summary` picks what is compared. */
export async function refusal(work, summary) {
  try {
    return { unexpected: await work() };
  } catch (error) {
    return summary(error);
  }
}

/** A `fetch` that shows a client certificate; the one that Node has built in cannot. */
export function certificateFetch({ certificate, key }) {
  const agent = new Agent({ cert: readFileSync(certificate), key: readFileSync(key), keepAlive: false });
  return async (url, { method = "GET", headers = {}, body } = {}) => {
    const answer = await new Promise((resolve, reject) => {
      const asked = request(url, { agent, method, headers: Object.fromEntries(new Headers(headers)) }, resolve);
      asked.on("error", reject);
      asked.end(body?.toString());
    });
    const pieces = await answer.toArray();
    const names = answer.rawHeaders.filter((_, at) => at % 2 === 0);
    const fields = names.map((name, at) => [name, answer.rawHeaders[2 * at + 1]]);
    return new Response(Buffer.concat(pieces), { status: answer.statusCode, headers: fields });
  };
}

const IMPORT = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
  "RSA-OAEP-256": { name: "RSA-OAEP", hash: "SHA-256", usages: ["decrypt"] },
  "ECDH-ES+A256KW": { name: "ECDH", namedCurve: "P-256", usages: ["deriveBits"] },
};

/** A PKCS#8 key as WebCrypto holds it. */
export function privateKey(pem, alg) {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return crypto.subtle.importKey("pkcs8", der, IMPORT[alg], false, IMPORT[alg].usages ?? ["sign"]);
}
