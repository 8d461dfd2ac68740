// @auth0/auth0-auth-js, on which Auth0's server SDKs stand: discovery, then tokens by every method it has.

import { AuthClient } from "@auth0/auth0-auth-js";
import { certificateFetch, perform, refusal } from "./task.mjs";

await perform(async ({ domain, audience, secret, keys, certificates }) => {
  const granted = async ({ client_id }, proof) => {
    const client = new AuthClient({ domain, clientId: client_id, ...proof });
    return client.getTokenByClientCredentials({ audience });
  };
  const result = {
    // It wants to hold a proof before it looks at the server.
    discovered: await new AuthClient({ domain, clientId: "anyone", clientSecret: "any" }).getServerMetadata(),
    by_secret: await granted(secret, { clientSecret: secret.client_secret }),
    wrong_secret: await refusal(
      () => granted(secret, { clientSecret: "wrong" }),
      ({ name, code, cause }) => ({ name, code, error: cause?.error }),
    ),
    private_key_jwt: {},
    mtls: {},
  };
  for (const { alg, pem, ...application } of keys) {
    const proof = { clientAssertionSigningKey: pem, clientAssertionSigningAlg: alg };
    result.private_key_jwt[alg] = await granted(application, proof);
  }
  for (const { name, ...application } of certificates) {
    result.mtls[name] = await granted(application, { useMtls: true, customFetch: certificateFetch(application) });
  }
  return result;
});
