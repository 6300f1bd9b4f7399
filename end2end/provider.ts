// OpenID providers as others run them: two of npm's `oidc-provider`, where the portal's configuration
// expects them (UPSTREAM_CORP, UPSTREAM_PARTNERS). People there have accounts that the journeys change.
import { createServer, type Server } from 'node:http';

import { type Page, expect } from '@playwright/test';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type JWKS } from 'oidc-provider';

import { URL_OF_PORTAL } from './support.ts';

/** What both sides know. */
const CLIENT = 'shorepass';
const SECRET = 'the-clients-secret-of-the-journeys';

/** What a provider says of somebody, by their subject. */
export interface Account {
  preferred_username: string;
  name: string;
  email: string;
  email_verified: boolean;
  groups?: string[];
}

export class Upstream {
  readonly accounts = new Map<string, Account>();
  readonly url: URL;
  readonly directory: string;
  #server: Server | undefined;

  constructor(directory: string, variable: string) {
    const url = process.env[variable];
    if (!url) throw new Error(`${variable} is not set: run the journeys with \`make e2e\``);
    this.directory = directory;
    this.url = new URL(url);
  }

  /** Starts with a new key; the one before is gone. */
  async start(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 });
    const key = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: crypto.randomUUID() };
    const provider = new Provider(this.url.origin, {
      clients: [
        {
          client_id: CLIENT,
          client_secret: SECRET,
          redirect_uris: [`${URL_OF_PORTAL}/login/callback/${this.directory}`],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name', 'preferred_username'],
        groups: ['groups'],
      },
      cookies: { keys: [crypto.randomUUID()] },
      jwks: { keys: [key] } as JWKS,
      ttl: { AccessToken: 300, Grant: 600, IdToken: 300, Interaction: 600, Session: 600 },
      findAccount: (_, id) => {
        const account = this.accounts.get(id);
        return account && { accountId: id, claims: () => ({ sub: id, ...account }) };
      },
    });
    const server = createServer(provider.callback());
    await new Promise<void>((done) => server.listen(Number(this.url.port), this.url.hostname, done));
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => (this.#server ? this.#server.close(done) : done(undefined)));
    this.#server = undefined;
  }

  /** Other keys from here on, as after a rotation that was an emergency. */
  async changeKeys(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The person logs in on the provider's own pages, and is asked whether the portal may know them. */
  async signIn(page: Page, subject: string): Promise<void> {
    await expect(page, 'the browser is at the provider').toHaveURL(new RegExp(`^${this.url.origin}/`));
    await page.locator('input[name=login]').fill(subject);
    await page.locator('input[name=password]').fill('anything');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await expect(page.getByRole('button', { name: 'Continue' })).toBeVisible();
  }

  /** They agree, and their browser goes back. */
  async logIn(page: Page, subject: string): Promise<void> {
    await this.signIn(page, subject);
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  /** They agree, and their browser is told where to go and does not go there. */
  async wayBack(page: Page, subject: string): Promise<string> {
    await this.signIn(page, subject);
    const action = await page.locator('form').getAttribute('action');
    let next = new URL(action ?? '', page.url()).href;
    let answer = await page.request.post(next, { form: { prompt: 'consent' }, maxRedirects: 0 });
    while (next.startsWith(this.url.origin)) {
      next = new URL(answer.headers()['location'] ?? '', next).href;
      if (next.startsWith(this.url.origin)) answer = await page.request.get(next, { maxRedirects: 0 });
    }
    return next;
  }
}
