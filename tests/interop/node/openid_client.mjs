// openid-client: discovery, and client_credentials by every method of client authentication that it and we know.

import * as client from "openid-client";
import { certificateFetch, perform, privateKey, refusal } from "./task.mjs";

await perform(async ({ issuer, audience, scope, secret, keys, certificates }) => {
  const granted = async (application, metadata, authentication, options) => {
    const config = await client.discovery(new URL(issuer), application.client_id, metadata, authentication, options);
    return client.clientCredentialsGrant(config, { audience, scope });
  };
  const found = await client.discovery(new URL(issuer), "anyone");
  const result = {
    discovered: found.serverMetadata(),
    client_secret_post: await granted(secret, undefined, client.ClientSecretPost(secret.client_secret)),
    client_secret_basic: await granted(secret, undefined, client.ClientSecretBasic(secret.client_secret)),
    wrong_secret: await refusal(
      () => granted(secret, undefined, client.ClientSecretPost("wrong")),
      ({ error, status, code }) => ({ error, status, code }),
    ),
    wrong_basic: await refusal(
      () => granted(secret, undefined, client.ClientSecretBasic("wrong")),
      ({ status, code, cause }) => ({ status, code, challenges: cause }),
    ),
    private_key_jwt: {},
    mtls: {},
  };
  for (const { alg, pem, ...application } of keys) {
    const authentication = client.PrivateKeyJwt(await privateKey(pem, alg));
    result.private_key_jwt[alg] = await granted(application, undefined, authentication);
  }
  for (const { name, ...application } of certificates) {
    const metadata = { use_mtls_endpoint_aliases: true };
    const options = { [client.customFetch]: certificateFetch(application) };
    result.mtls[name] = await granted(application, metadata, client.TlsClientAuth(), options);
  }
  return result;
});
