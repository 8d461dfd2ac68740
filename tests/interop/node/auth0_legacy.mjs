// v4 of Auth0's SDK for Node, which many applications still run; later versions carry it along under this name.

import { AuthenticationClient, ManagementClient } from "auth0/legacy";
import { certificateFetch, perform, refusal, settle } from "./task.mjs";

await perform(async ({ domain, mtls_domain, management, audience, public_pem, private_pem, certificates }) => {
  const api = new ManagementClient({ domain, clientId: management.client_id, clientSecret: management.client_secret });
  const base = { app_type: "non_interactive", grant_types: ["client_credentials"] };
  const { data: made } = await api.clients.create({ name: "node", ...base });
  const client_id = made.client_id;
  await api.clientGrants.create({ client_id, audience, scope: ["read"] });
  const token = async (proof) => {
    const tokens = new AuthenticationClient({ domain, clientId: client_id, ...proof });
    return (await tokens.oauth.clientCredentialsGrant({ audience })).data;
  };
  const result = { by_secret: await token({ clientSecret: made.client_secret }) };
  const { data: rotated } = await api.clients.rotateClientSecret({ client_id });
  await settle();
  result.by_rotated_secret = await token({ clientSecret: rotated.client_secret });

  const key = { credential_type: "public_key", name: "first", pem: public_pem, alg: "RS256" };
  const { data: credential } = await api.clients.createCredential({ client_id }, key);
  const methods = { private_key_jwt: { credentials: [{ id: credential.id }] } };
  const linked = { token_endpoint_auth_method: null, client_authentication_methods: methods };
  await api.clients.update({ client_id }, linked);
  await settle();
  result.by_key = await token({ clientAssertionSigningKey: private_pem });
  result.old_secret = await refusal(
    () => token({ clientSecret: rotated.client_secret }),
    ({ error, statusCode }) => ({ error, statusCode }),
  );
  const later = { expires_at: "2099-01-01T00:00:00.000Z" };
  const { data: prolonged } = await api.clients.updateCredential({ client_id, credential_id: credential.id }, later);
  result.prolonged = prolonged.expires_at;
  result.listed = (await api.clients.getCredentials({ client_id })).data.map(({ name }) => name);
  const back = { client_authentication_methods: null, token_endpoint_auth_method: "client_secret_post" };
  await api.clients.update({ client_id }, back);
  await api.clients.deleteCredential({ client_id, credential_id: credential.id });
  result.left = (await api.clients.getCredentials({ client_id })).data;

  result.mtls = {};
  for (const { name, client_id: clientId, ...files } of certificates) {
    const shown = certificateFetch(files);
    const fetch = (url, init) => shown(url.replace("https://mtls.", "https://"), init);
    const tokens = new AuthenticationClient({ domain: mtls_domain, clientId, useMTLS: true, fetch });
    result.mtls[name] = (await tokens.oauth.clientCredentialsGrant({ audience })).data;
  }
  result.totals = (await api.clients.getAll({ page: 0, per_page: 1, include_totals: true })).data;
  await api.clients.delete({ client_id });
  result.gone = await refusal(
    () => api.clients.get({ client_id }),
    ({ statusCode, errorCode }) => ({ statusCode, errorCode }),
  );
  return result;
});
