// Programs that log people in at the portal, with npm's `openid-client`, which is nobody's from here.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { type Page } from '@playwright/test';
import * as oidc from 'openid-client';

import { PASSWORD, URL_OF_PORTAL, type Watch, expect, logIn, remember, test } from './support.ts';

const SECRET = 'the-dashboards-secret-of-the-journeys';
const PATIENCE = { timeout: 10_000 };

/** A program that waits for people to come back to it. */
class Program {
  readonly #server: Server;
  readonly redirect: string;
  readonly #config: oidc.Configuration;
  #came: ((url: URL) => void) | undefined;

  private constructor(server: Server, path: string, config: oidc.Configuration) {
    this.#server = server;
    this.redirect = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    this.#config = config;
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '', this.redirect);
      // Browsers ask for a picture, too.
      if (url.search !== '') this.#came?.(url);
      response.end('You are back.');
    });
  }

  /** One that proves itself in this way. */
  static async start(watch: Watch, id: string, authentication: oidc.ClientAuth): Promise<Program> {
    const config = await oidc.discovery(new URL(URL_OF_PORTAL), id, undefined, authentication, {
      execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
    });
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const program = new Program(server, id === 'kubernetes' ? '/' : '/callback', config);
    watch.leaveAlone(new URL(program.redirect).origin);
    return program;
  }

  /** Sends a browser to the portal and waits for it to come back. */
  async send(page: Page, inBetween: () => Promise<unknown> = async () => {}): Promise<Journey> {
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const url = oidc.buildAuthorizationUrl(this.#config, {
      redirect_uri: this.redirect,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const back = new Promise<URL>((done) => (this.#came = done));
    await page.goto(url.href);
    await inBetween();
    const came = await back;
    await expect(page.locator('body')).toHaveText('You are back.');
    remember(came.searchParams.get('code') ?? 'no-code-came-with-the-browser');
    return { url: came, checks: { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier } };
  }

  async redeem({ url, checks }: Journey, change: (url: URL) => void = () => {}) {
    const changed = new URL(url);
    change(changed);
    return kept(await oidc.authorizationCodeGrant(this.#config, changed, checks));
  }

  async refresh(token: string | undefined) {
    return kept(await oidc.refreshTokenGrant(this.#config, token ?? ''));
  }

  /** What it is told of the person whose token this is, who has to be this one. */
  async ask(token: string, sub: string) {
    return oidc.fetchUserInfo(this.#config, token, sub);
  }

  /** Gives a refresh token back. */
  async giveBack(token: string): Promise<void> {
    await oidc.tokenRevocation(this.#config, token);
  }

  /** Sends a browser to log out, and waits for it to come back. */
  async leave(page: Page, hint: string): Promise<void> {
    const state = oidc.randomState();
    const bye = new URL('/bye', this.redirect).href;
    const url = oidc.buildEndSessionUrl(this.#config, { id_token_hint: hint, post_logout_redirect_uri: bye, state });
    const back = new Promise<URL>((done) => (this.#came = done));
    await page.goto(url.href);
    const came = await back;
    expect([came.pathname, came.searchParams.get('state')]).toEqual(['/bye', state]);
  }

  get metadata(): oidc.ServerMetadata {
    return this.#config.serverMetadata();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

interface Journey {
  url: URL;
  checks: oidc.AuthorizationCodeGrantChecks;
}

/** Notes the secrets among them, for the journey that looks for leaks. */
function kept<Tokens extends oidc.TokenEndpointResponse>(tokens: Tokens): Tokens {
  for (const token of [tokens.access_token, tokens.refresh_token, tokens.id_token]) remember(token ?? 'no-such-token');
  return tokens;
}

async function fillIn(page: Page): Promise<void> {
  await page.getByLabel('Username').fill('alice');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
}

for (const [title, id, authentication] of [
  ['a public program', 'kubernetes', oidc.None()],
  ['one with a secret in the header', 'dashboard', oidc.ClientSecretBasic(SECRET)],
  ['one with a secret in the body', 'dashboard', oidc.ClientSecretPost(SECRET)],
] as const) {
  test(`${title} logs a person in and keeps them in`, async ({ page, watch }) => {
    const program = await Program.start(watch, id, authentication);
    const journey = await program.send(page, () => fillIn(page));
    const tokens = await program.redeem(journey);
    const claims = tokens.claims();
    expect(claims).toMatchObject({ iss: URL_OF_PORTAL, sub: 'alice', preferred_username: 'alice', email_verified: true });
    expect(claims?.aud).toEqual([...new Set(['kubernetes', id])]);
    expect(claims?.['groups']).toEqual(['new-namespace-viewer', 'users']);

    const second = await program.refresh(tokens.refresh_token);
    const third = await program.refresh(second.refresh_token);
    expect(third.claims()?.sub).toBe('alice');
    expect(new Set([tokens, second, third].map((all) => all.refresh_token)).size).toBe(3);

    const known = await program.ask(third.access_token, 'alice');
    expect(known).toMatchObject({ sub: 'alice', preferred_username: 'alice', email: claims?.['email'] });

    // The login is alive, so the browser comes back at once.
    const again = await program.redeem(await program.send(page));
    expect(again.claims()?.sub).toBe('alice');

    // Given back, it is over, and the other one is not; with the login all are.
    await program.giveBack(third.refresh_token ?? '');
    const over = { error: 'invalid_grant' };
    await expect(program.refresh(third.refresh_token)).rejects.toMatchObject(over);
    const last = await program.refresh(again.refresh_token);
    if (id === 'dashboard') {
      await program.leave(page, last.id_token ?? '');
      await expect(program.refresh(last.refresh_token)).rejects.toMatchObject(over);
    }
    await program.stop();
  });
}

test('a program hears who answers it, and believes nobody else', async ({ page, watch }) => {
  await logIn(page, 'alice');
  const program = await Program.start(watch, 'kubernetes', oidc.None());
  expect(program.metadata.authorization_response_iss_parameter_supported).toBe(true);
  const journey = await program.send(page);
  expect(journey.url.searchParams.get('iss')).toBe(URL_OF_PORTAL);
  for (const change of [
    (url: URL) => url.searchParams.delete('iss'),
    (url: URL) => url.searchParams.set('iss', 'https://elsewhere.example'),
    (url: URL) => url.searchParams.set('state', 'another'),
  ]) {
    await expect(program.redeem(journey, change)).rejects.toThrow();
  }
  // It refused by itself: the code is as good as before.
  await program.redeem(journey);
  await expect(program.redeem(journey)).rejects.toMatchObject({ error: 'invalid_grant' });
  await program.stop();
});

test('a program that is not the operator\'s has to be let in first', async ({ page, watch }) => {
  await logIn(page, 'alice');
  const program = await Program.start(watch, 'stranger', oidc.None());
  const answer = (name: string) => () => page.getByRole('button', { name }).click();
  const refused = await program.send(page, answer('Go back without'));
  expect(refused.url.searchParams.get('error')).toBe('access_denied');
  await expect(program.redeem(refused)).rejects.toMatchObject({ error: 'access_denied' });
  const let_in = await program.send(page, answer("Let Somebody's Program act for me"));
  expect((await program.redeem(let_in)).claims()?.sub).toBe('alice');
  // And is not asked about again.
  await program.redeem(await program.send(page));
  await program.stop();
});

test('the program in the documentation does what it says', async ({ page, watch }) => {
  watch.leaveAlone('http://127.0.0.1:8001');
  const text = readFileSync(join(import.meta.dirname, '../docs/clients.md'), 'utf8');
  const block = /```js\n([^]*?)```/.exec(text)?.[1] ?? '';
  const callback = 'http://127.0.0.1:8001/callback';
  const source = block
    .replace("'https://portal.example.com'", `'${URL_OF_PORTAL}'`)
    .replace("'https://dashboard.example.com/callback'", `'${callback}'`)
    // A trial without TLS has to be allowed.
    .replace('process.env.CLIENT_SECRET)', 'process.env.CLIENT_SECRET, undefined, { execute: [oidc.allowInsecureRequests] })');
  const folder = join(import.meta.dirname, 'test-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'program.mjs'), source);
  const program = run(join(folder, 'program.mjs'));
  try {
    await expect(async () => expect((await fetch('http://127.0.0.1:8001/login', { redirect: 'manual' })).status).toBe(302)).toPass(PATIENCE);
    await page.goto('http://127.0.0.1:8001/login');
    await fillIn(page);
    await expect(page.locator('body')).toHaveText('alice is in new-namespace-viewer, users');
  } finally {
    program.kill();
  }
});

function run(program: string): ChildProcess {
  const env = { ...process.env, CLIENT_SECRET: SECRET };
  return spawn(process.execPath, [program], { env, stdio: 'inherit' });
}
