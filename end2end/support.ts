// What the journeys have in common: browsers that are watched, people who log in, and the portal
// as scripts see it.
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import { type BrowserContext, type BrowserContextOptions, type Page, expect, test as base } from '@playwright/test';
import pg from 'pg';

export { expect };

export const PASSWORD = 'shorepass';

function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the journeys with \`make e2e\``);
  return value;
}

export const URL_OF_PORTAL = environment('SHOREPASS_URL');
export const LOG = environment('SHOREPASS_LOG');

// --- secrets: what was used during the run, for the journey that looks for leaks ---

const SECRETS = join(import.meta.dirname, 'test-results', 'secrets.txt');

export function remember(secret: string): string {
  mkdirSync(join(import.meta.dirname, 'test-results'), { recursive: true });
  appendFileSync(SECRETS, `${secret}\n`);
  return secret;
}

export function remembered(): string[] {
  return [...new Set(readFileSync(SECRETS, 'utf8').split('\n'))].filter((line) => line !== '');
}

// --- the database ---

export async function query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: environment('DATABASE_URL') });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Nobody is logged in, has a key, or has tried a password too often. */
async function forgetEverybody(): Promise<void> {
  await query(`UPDATE logins SET ended_at = now(), end_reason = 'ended' WHERE ended_at IS NULL`);
  await query(`UPDATE retrieval_keys SET revoked_at = now() WHERE revoked_at IS NULL`);
  await query(`DELETE FROM login_attempts`);
}

/** A membership that another group's grant would bring. */
export async function joinGroup(username: string, group: string): Promise<void> {
  const made = await query(
    `INSERT INTO memberships (id, user_id, group_id, valid_from, why, source)
     SELECT gen_random_uuid(), u.id, g.id, now() - interval '1 second', 'administrator', 'the journeys'
     FROM users u, groups g WHERE u.username = $1 AND g.name = $2 RETURNING id`,
    [username, group],
  );
  expect(made, `${username} joins ${group}`).toHaveLength(1);
}

export async function leaveGroup(username: string, group: string): Promise<void> {
  await query(
    `UPDATE memberships m SET ended_at = now() FROM users u, groups g
     WHERE u.id = m.user_id AND g.id = m.group_id AND u.username = $1 AND g.name = $2 AND m.ended_at IS NULL`,
    [username, group],
  );
}

// --- browsers ---

/** What went wrong in the browsers of a test, and what was meant to. */
export class Watch {
  readonly problems: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #elsewhere: string[] = [];

  /** A response of this status is part of the journey; Chromium reports it as an error. */
  expectStatus(status: number): void {
    this.#expected.push(new RegExp(`the server responded with a status of ${status}\\b`));
  }

  /** Pages of this origin are somebody else's, and so is what is wrong with them. */
  leaveAlone(origin: string): void {
    this.#elsewhere.push(`${origin}/`);
  }

  async over(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    context.on('console', (message) => {
      const { url } = message.location();
      if (this.#elsewhere.some((origin) => url.startsWith(origin))) return;
      if (message.type() === 'error') this.note(`console: ${message.text()} (${url})`);
    });
    context.on('weberror', (error) => this.note(`page: ${error.error()}`));
  }

  note(problem: string): void {
    if (!this.#expected.some((pattern) => pattern.test(problem))) this.problems.push(problem);
  }
}

interface Fixtures {
  watch: Watch;
  /** A page in a browser of its own. */
  open: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  watch: [
    async ({}, use) => {
      await forgetEverybody();
      const watch = new Watch();
      await use(watch);
      expect(watch.problems, 'no errors in any browser').toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, watch }, use) => {
    await watch.over(context);
    await use(context);
  },
  open: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ baseURL: URL_OF_PORTAL, ...options });
      contexts.push(context);
      await watch.over(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
});

/** Logs in with the form, and waits for the page that it leads to. */
export async function logIn(page: Page, username: string, path = '/'): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL('/');
  const [cookie] = await page.context().cookies();
  if (!cookie) throw new Error('no cookie after logging in');
  remember(cookie.value);
  if (path !== '/') await page.goto(path);
}

/** Waits until the browser part is at work. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator('article.pass[data-ready]'), 'the pass comes alive').toBeVisible();
}

/** Makes a key with the form of the page, and reads it from the page that shows it once. */
export async function makeKey(page: Page, name: string): Promise<string> {
  const folded = page.locator('details#keys:not([open]) > summary');
  if (await folded.count()) await folded.click();
  await page.getByLabel('Name of the key').fill(name);
  await page.getByRole('button', { name: 'Make a key' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your new key');
  return remember((await page.locator('#secret').textContent()) ?? '');
}

/** What somebody would paste. The portal's pages may not read the clipboard, so another page does. */
export async function pasted(page: Page): Promise<string> {
  const other = await page.context().newPage();
  await other.setContent('<textarea></textarea>');
  await other.locator('textarea').focus();
  await other.keyboard.press('ControlOrMeta+V');
  const text = await other.locator('textarea').inputValue();
  await other.close();
  await page.bringToFront();
  return text;
}

/** What assistive technology would stumble over, in light and dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
    expect(found, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

// --- scripts ---

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(new URL(path, URL_OF_PORTAL), { redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** `curl -H "Authorization: Bearer KEY" …/k8stoken`. */
export async function retrieve(key: string, parameters = ''): Promise<Answer> {
  const answer = await ask(`/k8stoken${parameters}`, { headers: { authorization: `Bearer ${key}` } });
  if (answer.status === 200) remember(/eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(answer.text)?.[0] ?? '');
  return answer;
}

export async function get(path: string, cookie?: string): Promise<Answer> {
  return ask(path, cookie === undefined ? {} : { headers: { cookie } });
}

/** Posts a form; `origin` is null where the header is to be missing. */
export async function post(
  path: string,
  fields: Record<string, string>,
  origin: string | null = URL_OF_PORTAL,
  cookie?: string,
): Promise<Answer> {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
  if (origin !== null) headers.set('origin', origin);
  if (cookie !== undefined) headers.set('cookie', cookie);
  return ask(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() });
}

/** Logs in as scripts do, and gives back the cookie as `name=value`. */
export async function logInByScript(username: string): Promise<string> {
  const form = await get('/login');
  const fields: Record<string, string> = {};
  for (const [input] of form.text.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)) {
    fields[/name="([^"]*)"/.exec(input)?.[1] ?? ''] = /value="([^"]*)"/.exec(input)?.[1] ?? '';
  }
  const answer = await post('/login', { ...fields, username, password: PASSWORD });
  expect(answer.status).toBe(303);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  remember(cookie.split('=')[1] ?? '');
  return cookie;
}

/** A key of somebody who logs in for it. */
export async function keyByScript(username: string, name: string): Promise<{ key: string; cookie: string }> {
  const cookie = await logInByScript(username);
  const answer = await post('/keys', { name, cluster: 'demo', days: '1' }, URL_OF_PORTAL, cookie);
  expect(answer.status).toBe(200);
  const key = remember(/k8r_[\w-]+/.exec(answer.text)?.[0] ?? '');
  return { key, cookie };
}

export const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/;
