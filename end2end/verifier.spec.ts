// Tokens as a relying party sees them: discovery, keys, signature, claims.
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';

import { URL_OF_PORTAL, expect, get, keyByScript, query, retrieve, test } from './support.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Discovery {
  issuer: string;
  jwks_uri: string;
  id_token_signing_alg_values_supported: string[];
  claims_supported: string[];
}

async function discover(): Promise<Discovery> {
  const answer = await get('/.well-known/openid-configuration');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  return JSON.parse(answer.text);
}

async function verify(token: string) {
  const { jwks_uri } = await discover();
  const options = { issuer: URL_OF_PORTAL, audience: 'kubernetes', algorithms: ['RS256'] };
  return jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), options);
}

test('discovery names the issuer to the byte, and keys without their private parts', async () => {
  const discovery = await discover();
  expect(discovery.issuer).toBe(URL_OF_PORTAL);
  expect(discovery.id_token_signing_alg_values_supported).toEqual(['RS256']);
  const answer = await get(new URL(discovery.jwks_uri).pathname);
  expect(answer.headers.get('cache-control')).toContain('max-age=30');
  const { keys } = JSON.parse(answer.text) as { keys: Record<string, unknown>[] };
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(key).toMatchObject({ alg: 'RS256', kty: 'RSA', use: 'sig' });
  }
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
});

test('a token verifies, and every claim is what the contract says', async () => {
  const before = Math.floor(Date.now() / 1000);
  const { key } = await keyByScript('alice', 'verifier');
  const token = (await retrieve(key)).text;
  const { payload, protectedHeader } = await verify(token);
  const now = Math.floor(Date.now() / 1000);
  const { kid, ...header } = protectedHeader;
  expect(header).toEqual({ alg: 'RS256', typ: 'JWT' });
  const { keys } = JSON.parse((await get('/oauth2/jwks')).text) as { keys: { kid: string }[] };
  expect(keys.map((jwk) => jwk.kid)).toContain(kid);

  const [alice] = await query<{ id: string; login: string }>(
    `SELECT u.id, l.id AS login FROM users u JOIN logins l ON l.user_id = u.id AND l.ended_at IS NULL WHERE u.username = 'alice'`,
  );
  const { iat, exp, nbf, jti, auth_time, ...rest } = payload as typeof payload & { auth_time: number };
  expect(rest).toEqual({
    iss: URL_OF_PORTAL,
    sub: 'alice',
    aud: ['kubernetes'],
    uid: alice?.id,
    sid: alice?.login,
    amr: ['pwd'],
    preferred_username: 'alice',
    name: 'Alice Almeida',
    email: 'alice@harbour.example',
    email_verified: expect.any(Boolean),
    groups: ['new-namespace-viewer', 'users'],
  });
  expect(jti).toMatch(UUID);
  expect(iat).toBeGreaterThanOrEqual(before - 1);
  expect(iat).toBeLessThanOrEqual(now + 1);
  expect(exp).toBe((iat ?? 0) + 300);
  expect(nbf).toBe((iat ?? 0) - 120);
  expect(auth_time).toBeGreaterThanOrEqual(before - 1);
  expect(auth_time).toBeLessThanOrEqual(iat ?? 0);
  const advertised = (await discover()).claims_supported;
  expect(Object.keys(payload).filter((claim) => !advertised.includes(claim))).toEqual([]);
});

test('repeated calls get the same token, and a person without access gets one with few groups', async () => {
  const { key } = await keyByScript('erin', 'verifier');
  const token = (await retrieve(key)).text;
  expect((await retrieve(key)).text).toBe(token);
  const { payload } = await verify(token);
  expect(payload['groups']).toEqual(['users']);
});

test('an exec plug-in is told that the token ends 30 seconds early', async () => {
  const { key } = await keyByScript('alice', 'plug-in');
  const answer = await retrieve(key, '?format=exec');
  expect(answer.headers.get('content-type')).toBe('application/json');
  const credential = JSON.parse(answer.text);
  const { payload } = await verify(credential.status.token);
  expect(credential).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: credential.status.token, expirationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
  });
  expect(Date.parse(credential.status.expirationTimestamp)).toBe(((payload.exp ?? 0) - 30) * 1000);
});

test('a token that was tampered with does not verify', async () => {
  const { key } = await keyByScript('alice', 'verifier');
  const token = (await retrieve(key)).text;
  const [header = '', body = '', signature = ''] = token.split('.');
  const forged = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), groups: ['payments-admin'] };
  const forgedBody = Buffer.from(JSON.stringify(forged)).toString('base64url');
  await expect(verify(`${header}.${forgedBody}.${signature}`)).rejects.toThrow(errors.JWSSignatureVerificationFailed);
  const unsigned = Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), alg: 'none' })).toString('base64url');
  await expect(verify(`${unsigned}.${body}.`)).rejects.toThrow(errors.JOSEAlgNotAllowed);
});

test('what is no key gets one word, and nothing else', async () => {
  for (const [key, status, word] of [
    ['k8r_nonsense', 401, 'key_unknown'],
    [`k8r_${'A'.repeat(43)}`, 401, 'key_unknown'],
    ['', 401, 'key_missing'],
  ] as const) {
    const answer = await retrieve(key);
    expect([answer.status, answer.text], key).toEqual([status, word]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }
  const missing = await get('/k8stoken');
  expect([missing.status, missing.text]).toEqual([401, 'key_missing']);
});
