// Auth0's SDK for Node, v6: an application's whole life, and its tokens by secret, by key and by certificate.

import { AuthenticationClient, ManagementClient } from "auth0";
import { applicationLife } from "./application_life.mjs";
import { certificateFetch, perform } from "./task.mjs";

await perform(async (task) => {
  const { domain, mtls_domain, management, audience, certificates } = task;
  const api = new ManagementClient({ domain, clientId: management.client_id, clientSecret: management.client_secret });
  const token = async (clientId, proof) => {
    const tokens = new AuthenticationClient({ domain, clientId, ...proof });
    return (await tokens.oauth.clientCredentialsGrant({ audience })).data;
  };
  const result = await applicationLife(api, token, task);

  result.mtls = {};
  for (const { name, client_id, ...files } of certificates) {
    const shown = certificateFetch(files);
    // It puts "mtls." before every domain; this deployment's aliases have no host of their own.
    const fetch = (url, init) => shown(url.replace("https://mtls.", "https://"), init);
    const options = { domain: mtls_domain, clientId: client_id, useMTLS: true, fetch };
    result.mtls[name] = (await new AuthenticationClient(options).oauth.clientCredentialsGrant({ audience })).data;
  }
  return result;
});
