// People who come from a provider of their own.
import { type Page } from '@playwright/test';

import { Upstream } from './provider.ts';
import { URL_OF_PORTAL, expect, expectAccessible, logIn, query, ready, remember, test } from './support.ts';

const corp = new Upstream('corp', 'UPSTREAM_CORP');
const partners = new Upstream('partners', 'UPSTREAM_PARTNERS');

test.beforeAll(async () => {
  await corp.start();
  await partners.start();
});

test.afterAll(async () => {
  await corp.stop();
  await partners.stop();
});

test.beforeEach(({ watch }) => {
  // Their pages ask for a typeface that is not to be had.
  for (const origin of [corp.url.origin, partners.url.origin, 'https://fonts.googleapis.com']) watch.leaveAlone(origin);
  const ahab = { preferred_username: 'ahab', name: 'Ahab of Nantucket', email: 'ahab@harbour.example', email_verified: true };
  corp.accounts.set('corp-1', ahab);
  corp.accounts.set('corp-2', { ...ahab, preferred_username: 'ishmael', email: 'ishmael@elsewhere.example' });
  corp.accounts.set('corp-3', { ...ahab, preferred_username: 'starbuck', email_verified: false });
  partners.accounts.set('yard-1', { ...ahab, groups: ['crew'] });
  partners.accounts.set('yard-2', { ...ahab, groups: ['system:masters', 'passengers'] });
});

/** From the login page to the provider and back. */
async function comeBy(upstream: Upstream, page: Page, subject: string): Promise<string> {
  const button = upstream === corp ? 'Continue with Harbour Authority' : 'Continue with Partner Yard';
  const callback = page.waitForRequest((request) => request.url().includes('/login/callback/'));
  await page.getByRole('button', { name: button }).click();
  await upstream.logIn(page, subject);
  const url = new URL((await callback).url());
  for (const name of ['code', 'state']) remember(url.searchParams.get(name) ?? 'missing-parameter-of-the-callback');
  return url.href;
}

/** Who is logged in, as the database has it. */
async function whoIsIn(page: Page): Promise<string> {
  const cookies = await page.context().cookies(URL_OF_PORTAL);
  const cookie = cookies.find(({ name }) => name === 'shorepass');
  if (!cookie) throw new Error('nobody is logged in');
  remember(cookie.value);
  const [row] = await query<{ username: string }>(
    `SELECT u.username FROM users u JOIN logins l ON l.user_id = u.id WHERE l.cookie_hash = sha256($1::text::bytea)`,
    [cookie.value],
  );
  return row?.username ?? 'nobody';
}

test('a login at a provider leads to where people wanted to go', async ({ page }) => {
  await page.goto('/sessions');
  await expect(page).toHaveURL(/\/login\?/);
  await expectAccessible(page);
  await comeBy(corp, page, 'corp-1');
  await expect(page).toHaveURL('/sessions');
  expect(await whoIsIn(page)).toBe('ahab');
  const cookies = await page.context().cookies(URL_OF_PORTAL);
  expect(cookies.map(({ name }) => name).filter((name) => name.startsWith('shorepass'))).toEqual(['shorepass']);
  await page.goto('/');
  await ready(page);
  await expect(page.locator('article.pass')).toContainText('Ahab of Nantucket');
  await expect(page.locator('article.pass')).toContainText('users');
});

test('back and reload change nothing', async ({ page, watch }) => {
  watch.expectStatus(400);
  await page.goto('/login');
  const callback = await comeBy(corp, page, 'corp-1');
  await ready(page);
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`^${corp.url.origin}/`));
  await page.goForward();
  await ready(page);
  const answer = await page.goto(callback);
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Logged in already');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Back to your token' }).click();
  await ready(page);
  expect(await whoIsIn(page)).toBe('ahab');

  await page.context().clearCookies();
  const again = await page.goto(callback);
  expect(again?.status()).toBe(400);
  await expect(page.getByRole('alert')).toContainText('This login is over');
  await expectAccessible(page);
});

test('the way back works in the browser that began, and in no other', async ({ page, open, watch }) => {
  watch.expectStatus(403);
  await page.goto('/login');
  await page.getByRole('button', { name: 'Continue with Harbour Authority' }).click();
  const back = await corp.wayBack(page, 'corp-1');
  const victim = await open();
  const answer = await victim.goto(back);
  expect(answer?.status()).toBe(403);
  await expect(victim.getByRole('alert')).toContainText('another browser');
  await expectAccessible(victim);
  await page.goto(back);
  await ready(page);
});

test('who may not enter is told so, and can take another way', async ({ page, open, watch }) => {
  watch.expectStatus(403);
  for (const [upstream, subject] of [[corp, 'corp-2'], [corp, 'corp-3'], [partners, 'yard-2']] as const) {
    const own = await open();
    await own.goto('/login?return_to=%2Fsessions');
    await comeBy(upstream, own, subject);
    await expect(own.getByRole('alert')).toContainText('this account is not let in here');
    await expectAccessible(own);
    expect((await own.context().cookies(URL_OF_PORTAL)).map(({ name }) => name)).not.toContain('shorepass');
  }
  const known = await query(`SELECT subject FROM identities WHERE subject IN ('corp-2', 'corp-3', 'yard-2')`);
  expect(known, 'nothing is kept of them').toEqual([]);
  await page.goto('/login');
  await logIn(page, 'alice');
});

test('who turns back at the provider is told what it says', async ({ page, watch }) => {
  watch.expectStatus(403);
  await page.goto('/login');
  await page.getByRole('button', { name: 'Continue with Harbour Authority' }).click();
  await page.getByRole('link', { name: /Cancel/ }).click();
  await expect(page.getByRole('alert')).toContainText('Harbour Authority did not log you in');
  await expect(page.getByRole('alert')).toContainText('access_denied');
  await expectAccessible(page);
});

test('a provider that changes its keys locks nobody out', async ({ open }) => {
  for (const keys of ['first', 'second']) {
    const page = await open();
    await page.goto('/login');
    await comeBy(corp, page, 'corp-1');
    await ready(page);
    if (keys === 'first') await corp.changeKeys();
  }
});

test('whom the provider renames stays the same person here', async ({ open }) => {
  const before = await open();
  await before.goto('/login');
  await comeBy(corp, before, 'corp-1');
  await ready(before);
  expect(await whoIsIn(before)).toBe('ahab');
  corp.accounts.set('corp-1', {
    preferred_username: 'captain', name: 'Captain Ahab', email: 'captain@harbour.example', email_verified: true,
  });
  const after = await open();
  await after.goto('/login');
  await comeBy(corp, after, 'corp-1');
  await ready(after);
  expect(await whoIsIn(after)).toBe('ahab');
  await expect(after.locator('article.pass')).toContainText('Captain Ahab');
  await expect(after.locator('article.pass')).toContainText('captain@harbour.example');
});

test('one address at two providers is two people', async ({ open }) => {
  const names: string[] = [];
  for (const [upstream, subject] of [[corp, 'corp-1'], [partners, 'yard-1']] as const) {
    const page = await open();
    await page.goto('/login');
    await comeBy(upstream, page, subject);
    await ready(page);
    await expect(page.locator('article.pass')).toContainText('ahab@harbour.example');
    names.push(await whoIsIn(page));
  }
  expect(names).toEqual(['ahab', 'ahab.partners']);
});

test('two tabs of one browser log in beside each other', async ({ page }) => {
  const other = await page.context().newPage();
  await page.goto('/login');
  await other.goto('/login');
  await page.getByRole('button', { name: 'Continue with Harbour Authority' }).click();
  await comeBy(partners, other, 'yard-1');
  await ready(other);
  await corp.logIn(page, 'corp-1');
  await ready(page);
  expect(await whoIsIn(page)).toBe('ahab');
});

test('a provider that goes down is said to be, and the others go on', async ({ page, watch }) => {
  watch.expectStatus(503);
  await page.goto('/login');
  await page.getByRole('button', { name: 'Continue with Partner Yard' }).click();
  const back = await partners.wayBack(page, 'yard-1');
  await partners.stop();
  const answer = await page.goto(back);
  await partners.start();
  expect(answer?.status()).toBe(503);
  await expect(page.getByRole('alert')).toContainText('Partner Yard does not answer');
  await expectAccessible(page);
  await comeBy(corp, page, 'corp-1');
  await ready(page);
});

test('the keyboard is enough to choose a provider', async ({ page }) => {
  await page.goto('/login');
  const button = page.getByRole('button', { name: 'Continue with Harbour Authority' });
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(button).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`^${corp.url.origin}/`));
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('people come from a provider as well', async ({ page }) => {
    await page.goto('/sessions');
    await comeBy(corp, page, 'corp-1');
    await expect(page).toHaveURL('/sessions');
  });
});
