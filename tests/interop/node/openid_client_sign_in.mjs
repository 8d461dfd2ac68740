// openid-client as a web application: the code flow with PKCE, and what its tokens are good for.

import * as client from "openid-client";
import { certificateFetch, converse, privateKey, refusal } from "./task.mjs";

let config;
let asked;
let last;
let requestKey; // with one requests are signed and pushed, and answers come signed
let bound; // with a key for proofs tokens are bound to it

await converse({
  async begin({ issuer, client_id, pem, alg, metadata, requestPem, certificate, key, decryption, dpop }) {
    const authentication = pem ? client.PrivateKeyJwt(await privateKey(pem, alg)) : client.TlsClientAuth();
    const options = certificate ? { [client.customFetch]: certificateFetch({ certificate, key }) } : {};
    config = await client.discovery(new URL(issuer), client_id, metadata, authentication, options);
    bound = dpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair(dpop)) } : undefined;
    if (requestPem) {
      requestKey = await privateKey(requestPem, alg);
      client.useJwtResponseMode(config);
    }
    client.enableNonRepudiationChecks(config); // also where TLS alone would do: by the published keys
    if (decryption) {
      const key = await privateKey(decryption.pem, decryption.alg);
      client.enableDecryptingResponses(config, [decryption.enc], { key, alg: decryption.alg, kid: decryption.kid });
    }
  },
  async ask(parameters) {
    const verifier = client.randomPKCECodeVerifier();
    asked = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
    const request = {
      ...parameters,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state: asked.expectedState,
      nonce: asked.expectedNonce,
    };
    if (!requestKey) {
      return client.buildAuthorizationUrl(config, request);
    }
    const signed = await client.buildAuthorizationUrlWithJAR(config, request, requestKey);
    return client.buildAuthorizationUrlWithPAR(config, signed.searchParams, bound);
  },
  async redeem({ url, ...changed }) {
    const checks = { ...asked, idTokenExpected: true, ...changed };
    const tokens = (last = await client.authorizationCodeGrant(config, new URL(url), checks, undefined, bound));
    return { tokens, claims: tokens.claims() };
  },
  decrypted() {
    return client.getDecryptedResponses(last);
  },
  refused({ url, ...changed }) {
    return refusal(
      () => client.authorizationCodeGrant(config, new URL(url), { ...asked, ...changed }),
      ({ code, error, cause }) => ({ code, error, parameter: cause?.parameter, expected: cause?.expected }),
    );
  },
  jkt() {
    return bound.DPoP.calculateThumbprint();
  },
  userinfo({ access_token, sub }) {
    return client.fetchUserInfo(config, access_token, sub, bound);
  },
  async refresh({ refresh_token, ...parameters }) {
    const tokens = await client.refreshTokenGrant(config, refresh_token, parameters, bound);
    return { tokens, claims: tokens.claims() };
  },
  revoke({ token }) {
    return client.tokenRevocation(config, token);
  },
  refreshRefused({ refresh_token }) {
    return refusal(
      () => client.refreshTokenGrant(config, refresh_token),
      ({ error, status }) => ({ error, status }),
    );
  },
  end(parameters) {
    return client.buildEndSessionUrl(config, parameters);
  },
});
