// oauth4webapi, piece by piece: a request signed and pushed, a signed answer read, its code redeemed.

import * as oauth from "oauth4webapi";
import { certificateFetch, converse, privateKey, refusal } from "./task.mjs";

let server;
let application;
let authentication;
let options;
let bound; // the options with a key for proofs, where tokens are bound to one
let requestKey;
let asked;

/** Once more with the server's nonce, where it wants one (RFC 9449 8). */
async function withNonce(ask) {
  try {
    return await ask();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) {
      throw error;
    }
    return ask();
  }
}

const answered = (url) => oauth.validateJwtAuthResponse(server, application, new URL(url), asked.state, options);

await converse({
  async begin({ issuer, client_id, pem, alg, metadata, requestPem, certificate, key, dpop }) {
    options = { [oauth.customFetch]: certificateFetch({ certificate, key }) };
    const url = new URL(issuer);
    server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
    application = { client_id, ...metadata };
    authentication = pem ? oauth.PrivateKeyJwt(await privateKey(pem, alg)) : oauth.TlsClientAuth();
    bound = dpop ? { ...options, DPoP: oauth.DPoP(application, await oauth.generateKeyPair(dpop)) } : options;
    requestKey = await privateKey(requestPem, alg);
  },
  async ask(parameters) {
    const verifier = oauth.generateRandomCodeVerifier();
    asked = { verifier, state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), ...parameters };
    const request = await oauth.issueRequestObject(
      server,
      application,
      {
        ...parameters,
        response_type: "code",
        response_mode: "jwt",
        state: asked.state,
        nonce: asked.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      },
      requestKey,
    );
    const pushed = await withNonce(async () => {
      const answer = await oauth.pushedAuthorizationRequest(server, application, authentication, { request }, bound);
      return oauth.processPushedAuthorizationResponse(server, application, answer);
    });
    const url = new URL(server.authorization_endpoint);
    url.search = new URLSearchParams({ client_id: application.client_id, request_uri: pushed.request_uri });
    return url;
  },
  async redeem({ url }) {
    const { redirect_uri, verifier, nonce } = asked;
    const parameters = await answered(url);
    const tokens = await withNonce(async () => {
      const answer = await oauth.authorizationCodeGrantRequest(
        server,
        application,
        authentication,
        parameters,
        redirect_uri,
        verifier,
        bound,
      );
      return oauth.processAuthorizationCodeResponse(server, application, answer, { expectedNonce: nonce });
    });
    return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
  },
  jkt() {
    return bound.DPoP.calculateThumbprint();
  },
  userinfo({ access_token, sub }) {
    return withNonce(async () => {
      const answer = await oauth.userInfoRequest(server, application, access_token, bound);
      return oauth.processUserInfoResponse(server, application, sub, answer);
    });
  },
  refused({ url }) {
    return refusal(
      async () => oauth.validateAuthResponse(server, application, await answered(url), asked.state),
      ({ code, error }) => ({ code, error }),
    );
  },
});
