// npm's `oidc-provider` with its memory adapter, to be measured beside the portal by `make bench`. It
// begins with refresh tokens of as many people as it is told, and writes them to a file.
import { writeFileSync } from 'node:fs';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const [port, count, file] = process.argv.slice(2);
const { privateKey } = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 });
const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'bench' };

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: 'kubernetes',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://localhost:8000'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub', 'name', 'preferred_username', 'email', 'groups'] },
  conformIdTokenClaims: false, // as much in its tokens as in ours
  cookies: { keys: ['bench'] },
  features: { devInteractions: { enabled: false } },
  jwks: { keys: [key] },
  rotateRefreshToken: true,
  ttl: { AccessToken: 300, Grant: 36000, IdToken: 300, RefreshToken: 36000 },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: 'User',
      preferred_username: id,
      email: `${id}@example.com`,
      groups: ['payments-viewer', 'users'],
    }),
  }),
});

const client = await provider.Client.find('kubernetes');
const tokens = [];
for (let number = 0; number < Number(count); number += 1) {
  const accountId = `user-${number}`;
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope('openid offline_access');
  const token = new provider.RefreshToken({
    accountId,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    scope: 'openid offline_access',
    authTime: Math.floor(Date.now() / 1000),
  });
  tokens.push(await token.save());
}
writeFileSync(file, JSON.stringify(tokens));
provider.listen(Number(port), '127.0.0.1');
