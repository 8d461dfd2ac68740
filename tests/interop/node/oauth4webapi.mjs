// oauth4webapi: the same grants piece by piece, and its check of RFC 9068 access tokens as a resource server makes it.

import * as oauth from "oauth4webapi";
import { certificateFetch, perform, privateKey, refusal } from "./task.mjs";

await perform(async ({ issuer, audience, scope, secret, keys, certificates }) => {
  const url = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url));
  const plain = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: "oauth2" }));

  const granted = async (application, authentication, options) => {
    const parameters = new URLSearchParams({ audience, scope });
    const answer = await oauth.clientCredentialsGrantRequest(server, application, authentication, parameters, options);
    return oauth.processClientCredentialsResponse(server, application, answer);
  };
  const verified = ({ access_token }) => {
    const headers = { authorization: `Bearer ${access_token}` };
    return oauth.validateJwtAccessToken(server, new Request(audience, { headers }), audience);
  };

  const result = {
    same_metadata: JSON.stringify(server) === JSON.stringify(plain),
    post: await verified(await granted(secret, oauth.ClientSecretPost(secret.client_secret))),
    basic: await verified(await granted(secret, oauth.ClientSecretBasic(secret.client_secret))),
    refused: await refusal(
      () => granted(secret, oauth.None()),
      ({ error, status, cause }) => ({ error: error ?? cause?.[0]?.parameters?.error, status }),
    ),
    private_key_jwt: {},
    mtls: {},
  };
  for (const { alg, pem, ...application } of keys) {
    const authentication = oauth.PrivateKeyJwt(await privateKey(pem, alg));
    result.private_key_jwt[alg] = await verified(await granted(application, authentication));
  }
  for (const { name, ...application } of certificates) {
    const aliased = { ...application, use_mtls_endpoint_aliases: true };
    const options = { [oauth.customFetch]: certificateFetch(application) };
    // It cannot check a binding to a certificate, and refuses what it cannot check.
    result.mtls[name] = (await granted(aliased, oauth.TlsClientAuth(), options)).access_token;
  }
  return result;
});
