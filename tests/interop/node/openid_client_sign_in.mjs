// openid-client as a web application: the code flow with PKCE, and what its tokens are good for.

import * as client from "openid-client";
import { converse, privateKey, refusal } from "./task.mjs";

let config;
let asked;
let last;

await converse({
  async begin({ issuer, client_id, pem, alg, metadata, decryption }) {
    const authentication = client.PrivateKeyJwt(await privateKey(pem, alg));
    config = await client.discovery(new URL(issuer), client_id, metadata, authentication);
    client.enableNonRepudiationChecks(config); // also where TLS alone would do: by the published keys
    if (decryption) {
      const key = await privateKey(decryption.pem, decryption.alg);
      client.enableDecryptingResponses(config, [decryption.enc], { key, alg: decryption.alg, kid: decryption.kid });
    }
  },
  async ask(parameters) {
    const verifier = client.randomPKCECodeVerifier();
    asked = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
    return client.buildAuthorizationUrl(config, {
      ...parameters,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state: asked.expectedState,
      nonce: asked.expectedNonce,
    });
  },
  async redeem({ url, ...changed }) {
    const checks = { ...asked, idTokenExpected: true, ...changed };
    const tokens = (last = await client.authorizationCodeGrant(config, new URL(url), checks));
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
  userinfo({ access_token, sub }) {
    return client.fetchUserInfo(config, access_token, sub);
  },
  async refresh({ refresh_token, ...parameters }) {
    const tokens = await client.refreshTokenGrant(config, refresh_token, parameters);
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
