// A person's account, from the first day to the last, by Auth0's SDK for Node.

import { ManagementClient } from "auth0";
import { perform, refusal } from "./task.mjs";

await perform(async ({ domain, management, email, audience }) => {
  const api = new ManagementClient({ domain, clientId: management.client_id, clientSecret: management.client_secret });
  const connection = "Username-Password-Authentication";
  const made = await api.users.create({ connection, email, password: "correct horse battery staple" });
  const user_id = made.user_id;
  const all = async (page) => {
    const found = [];
    for await (const one of await page) {
      found.push(one);
    }
    return found;
  };

  const result = { made };
  result.updated = await api.users.update(user_id, { given_name: "Änn", app_metadata: { plan: "gold" } });
  result.found = (await all(api.users.list({ q: `email:"${email}" AND app_metadata.plan:gold`, per_page: 1 }))).map((one) => one.email);
  result.byEmail = (await api.users.listUsersByEmail({ email })).map((one) => one.user_id);
  const role = await api.roles.create({ name: email });
  await api.roles.permissions.add(role.id, {
    permissions: [{ resource_server_identifier: audience, permission_name: "read" }],
  });
  await api.users.roles.assign(user_id, { roles: [role.id] });
  result.roles = (await all(api.users.roles.list(user_id))).map((one) => one.name);
  result.members = (await all(api.roles.users.list(role.id))).map((one) => one.user_id);
  result.permissions = (await all(api.users.permissions.list(user_id))).map((one) => one.permission_name);
  await api.users.roles.delete(user_id, { roles: [role.id] });
  result.left = await all(api.users.roles.list(user_id));
  result.blocks = (await api.userBlocks.list(user_id)).blocked_for;
  result.taken = await refusal(
    () => api.users.create({ connection, email }),
    ({ statusCode, body }) => ({ statusCode, message: body?.message }),
  );
  await api.roles.delete(role.id);
  await api.users.delete(user_id);
  result.gone = await refusal(
    () => api.users.get(user_id),
    ({ statusCode, body }) => ({ statusCode, errorCode: body?.errorCode }),
  );
  return result;
});
