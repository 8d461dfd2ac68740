// The previous generation of Auth0's SDK for Node, which many applications still run.

import { AuthenticationClient, ManagementClient } from "auth0/legacy";
import { perform, refusal } from "./task.mjs";

await perform(async ({ domain, management, audience, public_pem, private_pem }) => {
  const api = new ManagementClient({ domain, clientId: management.client_id, clientSecret: management.client_secret });
  const base = { app_type: "non_interactive", grant_types: ["client_credentials"] };
  const { data: made } = await api.clients.create({ name: "node", ...base });
  const client_id = made.client_id;
  await api.clientGrants.create({ client_id, audience, scope: ["read"] });
  const key = { credential_type: "public_key", name: "first", pem: public_pem, alg: "RS256" };
  const { data: credential } = await api.clients.createCredential({ client_id }, key);
  const methods = { private_key_jwt: { credentials: [{ id: credential.id }] } };
  const linked = { token_endpoint_auth_method: null, client_authentication_methods: methods };
  await api.clients.update({ client_id }, linked);
  const tokens = new AuthenticationClient({ domain, clientId: client_id, clientAssertionSigningKey: private_pem });
  const result = { by_key: (await tokens.oauth.clientCredentialsGrant({ audience })).data };
  result.totals = (await api.clients.getAll({ page: 0, per_page: 1, include_totals: true })).data;
  await api.clients.delete({ client_id });
  result.gone = await refusal(
    () => api.clients.get({ client_id }),
    ({ statusCode, errorCode }) => ({ statusCode, errorCode }),
  );
  return result;
});
