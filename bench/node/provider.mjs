// npm's oidc-provider with the same two clients and the same four APIs as the Tallystick beside it.
// Its stores are its own default: in memory, the replay store an LRU of a thousand entries.
import { generateKeyPairSync } from 'node:crypto';

import { Provider } from 'oidc-provider';

const { port, algs, clients } = JSON.parse(process.env.BENCH_PROVIDER);

const serverKey = (alg, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
  kid: alg,
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: clients.map((client) => ({
    ...client,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  clientAuthMethods: ['client_secret_post', 'private_key_jwt'],
  jwks: {
    keys: [serverKey('ES256', 'ec', { namedCurve: 'P-256' }), serverKey('RS256', 'rsa', { modulusLength: 2048 })],
  },
  ttl: { ClientCredentials: 86400 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, audience) => ({
        audience,
        scope: 'read:things',
        ...(audience in algs
          ? { accessTokenFormat: 'jwt', jwt: { sign: { alg: algs[audience] } } }
          : { accessTokenFormat: 'opaque' }),
      }),
    },
  },
});

provider.listen(port, '127.0.0.1');
