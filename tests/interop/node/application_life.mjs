// An application's whole life over the Management API, in the words that v6 and v7 of Auth0's SDK share.

import { refusal, settle } from "./task.mjs";

/** `token(clientId, proof)` gets an access token for `audience`; `proof` has the secret or the signing key. */
export async function applicationLife(api, token, { audience, public_pem, private_pem }) {
  const base = { app_type: "non_interactive", grant_types: ["client_credentials"] };
  const made = await api.clients.create({ name: "node", ...base });
  const clientId = made.client_id;
  const grant = await api.clientGrants.create({ client_id: clientId, audience, scope: ["read"] });
  const summary = ({ error, error_description, statusCode, code, cause }) => ({
    error: error ?? cause?.error,
    described: error_description ?? cause?.error_description,
    statusCode,
    code,
  });

  const result = { made, grant, by_secret: await token(clientId, { clientSecret: made.client_secret }) };
  const rotated = await api.clients.rotateSecret(clientId);
  await settle();
  result.by_rotated_secret = await token(clientId, { clientSecret: rotated.client_secret });

  const key = { credential_type: "public_key", name: "first", pem: public_pem, alg: "RS256" };
  result.credential = await api.clients.credentials.create(clientId, key);
  const methods = { private_key_jwt: { credentials: [{ id: result.credential.id }] } };
  const linked = { token_endpoint_auth_method: null, client_authentication_methods: methods };
  result.switched = await api.clients.update(clientId, linked);
  await settle();
  result.by_key = await token(clientId, { clientAssertionSigningKey: private_pem });
  result.old_secret = await refusal(() => token(clientId, { clientSecret: rotated.client_secret }), summary);

  const named = { expires_at: "2099-01-01T00:00:00.000Z" };
  result.prolonged = await api.clients.credentials.update(clientId, result.credential.id, named);
  result.listed = await api.clients.credentials.list(clientId);
  await api.clients.update(clientId, { client_authentication_methods: null, token_endpoint_auth_method: "client_secret_post" });
  await api.clients.credentials.delete(clientId, result.credential.id);
  result.left = await api.clients.credentials.list(clientId);

  const ids = [];
  for await (const client of await api.clients.list({ per_page: 1, fields: "client_id" })) ids.push(client.client_id);
  result.paged = { found: ids.includes(clientId), repeated: ids.length - new Set(ids).size };
  const apis = await api.resourceServers.list({ include_totals: true, per_page: 100 });
  const grants = await api.clientGrants.list({ client_id: clientId, take: 10 });
  result.found = { api: apis.data.some((one) => one.identifier === audience), grants: grants.data.map((one) => one.id) };
  result.settings = await api.tenants.settings.get();
  await api.clients.delete(clientId);
  result.gone = await refusal(
    () => api.clients.get(clientId),
    ({ name, statusCode, body }) => ({ name, statusCode, errorCode: body.errorCode }),
  );
  return result;
}
