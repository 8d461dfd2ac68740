// Auth0's SDK for Node, v7, has the Management API alone; tokens are the part of @auth0/auth0-auth-js.

import { AuthClient } from "@auth0/auth0-auth-js";
import { ManagementClient } from "auth0-v7";
import { applicationLife } from "./application_life.mjs";
import { perform } from "./task.mjs";

await perform(async (task) => {
  const { domain, management, audience, manager, manager_private_pem } = task;
  const api = new ManagementClient({ domain, clientId: management.client_id, clientSecret: management.client_secret });
  const token = async (clientId, proof) => {
    const { accessToken, ...rest } = await new AuthClient({ domain, clientId, ...proof }).getTokenByClientCredentials({ audience });
    return { access_token: accessToken, ...rest };
  };
  const result = await applicationLife(api, token, task);
  // And the SDK itself without a secret: whoever manages applications may authenticate by key too.
  const byKey = new ManagementClient({ domain, clientId: manager, clientAssertionSigningKey: manager_private_pem });
  result.manager = await byKey.clients.get(manager, { fields: "name" });
  return result;
});
