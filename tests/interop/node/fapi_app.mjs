// A web application under FAPI 2 Message Signing, with openid-client: what it asks is signed and pushed, it believes
// signed answers alone, and its tokens are bound to the certificate with which it calls.

import { randomUUID } from "node:crypto";
import express from "express";
import * as client from "openid-client";
import { certificateFetch, converse, privateKey, served } from "./task.mjs";

const app = express();
const browsers = new Map(); // cookie → what this browser was sent to ask, and who it was that came back
let origin;
let asking;
let reading;
let requestKey;

/** What is kept of a browser; a new one gets a cookie that comes back from our pages too, by POST as well. */
function browserOf(request, answer) {
  const id = /(?:^|; )fapi=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? randomUUID();
  answer.cookie("fapi", id, { httpOnly: true, secure: true, sameSite: "none" });
  if (!browsers.has(id)) browsers.set(id, { who: "nobody" });
  return browsers.get(id);
}

/** Where to send a browser. */
async function login(browser, { mode, ...parameters }) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  browser.asked = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const request = {
    scope: "openid profile",
    ...parameters,
    redirect_uri: `${origin}/callback`,
    response_mode: mode,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: browser.asked.expectedState,
    nonce: browser.asked.expectedNonce,
  };
  const signed = await client.buildAuthorizationUrlWithJAR(asking, request, requestKey);
  return client.buildAuthorizationUrlWithPAR(asking, signed.searchParams);
}

/** What came back, as the Fetch API has it. */
async function brought(request) {
  const url = new URL(request.originalUrl, origin);
  if (request.method === "GET") return url;
  const body = Buffer.concat(await request.toArray());
  return new Request(url, { method: "POST", headers: { "content-type": request.headers["content-type"] }, body });
}

/** Who that is, and their tokens. */
async function returned(browser, request) {
  const { asked } = browser;
  delete browser.asked; // good for one answer
  const checks = { ...asked, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(reading, await brought(request), checks);
  const { sub } = tokens.claims();
  return { tokens, who: (await client.fetchUserInfo(reading, tokens.access_token, sub)).name };
}

app.get("/", (request, answer) => answer.send(`<p id="who">${browserOf(request, answer).who}</p>`));
app.get("/login", async (request, answer) => {
  const url = await login(browserOf(request, answer), request.query);
  answer.redirect(url.href);
});
app.all("/callback", async (request, answer) => {
  const browser = browserOf(request, answer);
  const refused = ({ code, error }) => ({ who: `refused: ${error ?? code}` });
  browser.method = request.method;
  Object.assign(browser, await returned(browser, request).catch(refused));
  answer.redirect(303, "/");
});

await converse({
  /** Its origin; what it is comes later, since a client is registered with its URLs. */
  async listen(shown) {
    origin = await served(app, shown);
    return origin;
  },
  async serve({ issuer, client_id, pem, requestPem, alg, metadata, certificate, key }) {
    const authentication = pem ? client.PrivateKeyJwt(await privateKey(pem, alg)) : client.TlsClientAuth();
    const options = { [client.customFetch]: certificateFetch({ certificate, key }) };
    [asking, reading] = await Promise.all(
      [0, 1].map(() => client.discovery(new URL(issuer), client_id, metadata, authentication, options)),
    );
    client.useJwtResponseMode(reading); // it would always ask for `jwt`, so another one asks
    client.enableNonRepudiationChecks(reading);
    requestKey = await privateKey(requestPem, alg);
  },
  /** What it holds of the browser that came back last. */
  kept: () => [...browsers.values()].findLast(({ method }) => method),
});
