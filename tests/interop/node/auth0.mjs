// Auth0's SDK for Node: an application's whole life, then its tokens by secret, by key and by certificate.

import { AuthenticationClient, ManagementClient } from "auth0";
import { certificateFetch, perform, refusal, settle } from "./task.mjs";

await perform(async ({ domain, mtls_domain, management, audience, public_pem, private_pem, certificates }) => {
  const api = new ManagementClient({ domain, clientId: management.client_id, clientSecret: management.client_secret });
  const base = { app_type: "non_interactive", grant_types: ["client_credentials"] };
  const made = await api.clients.create({ name: "node", ...base });
  const clientId = made.client_id;
  const grant = await api.clientGrants.create({ client_id: clientId, audience, scope: ["read"] });
  const token = async (options) => {
    const tokens = new AuthenticationClient({ domain, clientId, ...options });
    return (await tokens.oauth.clientCredentialsGrant({ audience })).data;
  };
  const summary = ({ error, error_description, statusCode }) => ({ error, error_description, statusCode });

  const result = { made, grant, by_secret: await token({ clientSecret: made.client_secret }) };
  const rotated = await api.clients.rotateSecret(clientId);
  await settle();
  result.by_rotated_secret = await token({ clientSecret: rotated.client_secret });

  const key = { credential_type: "public_key", name: "first", pem: public_pem, alg: "RS256" };
  result.credential = await api.clients.credentials.create(clientId, key);
  const methods = { private_key_jwt: { credentials: [{ id: result.credential.id }] } };
  const linked = { token_endpoint_auth_method: null, client_authentication_methods: methods };
  result.switched = await api.clients.update(clientId, linked);
  await settle();
  result.by_key = await token({ clientAssertionSigningKey: private_pem });
  result.old_secret = await refusal(() => token({ clientSecret: rotated.client_secret }), summary);

  const named = { expires_at: "2099-01-01T00:00:00.000Z" };
  result.prolonged = await api.clients.credentials.update(clientId, result.credential.id, named);
  result.listed = await api.clients.credentials.list(clientId);
  await api.clients.update(clientId, { client_authentication_methods: null, token_endpoint_auth_method: "client_secret_post" });
  await api.clients.credentials.delete(clientId, result.credential.id);
  result.left = await api.clients.credentials.list(clientId);

  result.mtls = {};
  for (const { name, client_id, ...files } of certificates) {
    const shown = certificateFetch(files);
    // It puts "mtls." before every domain; this deployment's aliases have no host of their own.
    const fetch = (url, init) => shown(url.replace("https://mtls.", "https://"), init);
    const options = { domain: mtls_domain, clientId: client_id, useMTLS: true, fetch };
    result.mtls[name] = (await new AuthenticationClient(options).oauth.clientCredentialsGrant({ audience })).data;
  }

  const ids = [];
  for await (const client of await api.clients.list({ per_page: 1, fields: "client_id" })) ids.push(client.client_id);
  result.paged = { found: ids.includes(clientId), repeated: ids.length - new Set(ids).size };
  await api.clients.delete(clientId);
  result.gone = await refusal(
    () => api.clients.get(clientId),
    ({ name, statusCode, body }) => ({ name, statusCode, errorCode: body.errorCode }),
  );
  return result;
});
