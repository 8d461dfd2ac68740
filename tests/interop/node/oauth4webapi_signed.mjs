// oauth4webapi, piece by piece: a request signed and pushed, a signed answer read, its code redeemed.

import * as oauth from "oauth4webapi";
import { certificateFetch, converse, privateKey, refusal } from "./task.mjs";

let server;
let application;
let authentication;
let options;
let requestKey;
let asked;

const answered = (url) => oauth.validateJwtAuthResponse(server, application, new URL(url), asked.state, options);

await converse({
  async begin({ issuer, client_id, pem, alg, metadata, requestPem, certificate, key }) {
    options = { [oauth.customFetch]: certificateFetch({ certificate, key }) };
    const url = new URL(issuer);
    server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
    application = { client_id, ...metadata };
    authentication = pem ? oauth.PrivateKeyJwt(await privateKey(pem, alg)) : oauth.TlsClientAuth();
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
    const answer = await oauth.pushedAuthorizationRequest(server, application, authentication, { request }, options);
    const pushed = await oauth.processPushedAuthorizationResponse(server, application, answer);
    const url = new URL(server.authorization_endpoint);
    url.search = new URLSearchParams({ client_id: application.client_id, request_uri: pushed.request_uri });
    return url;
  },
  async redeem({ url }) {
    const { redirect_uri, verifier, nonce } = asked;
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      application,
      authentication,
      await answered(url),
      redirect_uri,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, application, answer, { expectedNonce: nonce });
    return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
  },
  refused({ url }) {
    return refusal(
      async () => oauth.validateAuthResponse(server, application, await answered(url), asked.state),
      ({ code, error }) => ({ code, error }),
    );
  },
});
