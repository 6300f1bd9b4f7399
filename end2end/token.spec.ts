// A developer's way from the login to a working `kubectl`.
import type { Page } from '@playwright/test';

import { JWT, expect, expectAccessible, get, joinGroup, leaveGroup, logIn, makeKey, pasted, ready, retrieve, test } from './support.ts';

const GROUPS = ['new-namespace-viewer', 'users'];

const groups = (page: Page) => page.getByRole('list', { name: 'Groups in this token' }).locator('li > code');

function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

test('the token page comes alive, and its HTML holds no token', async ({ page }) => {
  await logIn(page, 'alice');
  await ready(page);
  await expect(groups(page)).toHaveText(GROUPS);
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const html = await get('/', cookie);
  expect(html.status).toBe(200);
  expect(html.text).toContain('Alice Almeida');
  expect(html.text).not.toMatch(JWT);
  expect(html.text).not.toContain('eyJ');
  expect(html.headers.get('cache-control')).toBe('no-store');
  await expectAccessible(page);
});

test('a key is shown once, and fetches the very token that the page copies', async ({ page }) => {
  await logIn(page, 'alice');
  const key = await makeKey(page, 'laptop');
  expect(key).toMatch(/^k8r_[\w-]{20,}$/);
  await expectAccessible(page);
  const copyKey = page.getByRole('button', { name: /^Copy the key$/ });
  await expect(copyKey).toHaveAttribute('data-ready', '');
  await copyKey.click();
  await expect(page.getByRole('button', { name: /^Copied the key$/ })).toBeVisible();
  expect(await pasted(page)).toBe(key);

  await page.getByRole('link', { name: 'Done' }).click();
  await ready(page);
  expect(await page.content()).not.toContain(key);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Copy token' }).click();
  await expect(page.getByText(/^Copied\. It is valid for [0-5]:\d\d\.$/)).toBeVisible();
  const answer = await retrieve(key);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain\b/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(await pasted(page)).toBe(answer.text);
  expect(claims(answer.text)['groups']).toEqual(GROUPS);
});

test('the token can be revealed, and is gone from the page once it is hidden', async ({ page }) => {
  await logIn(page, 'alice');
  await ready(page);
  expect(await page.content()).not.toMatch(JWT);
  await page.getByRole('button', { name: 'Reveal' }).click();
  await expect(page.locator('pre.token')).toHaveText(JWT);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Hide' }).click();
  await expect(page.locator('pre.token')).toHaveCount(0);
  expect(await page.content()).not.toMatch(JWT);
});

test('the time that is left counts down', async ({ page }) => {
  await page.clock.install();
  await logIn(page, 'alice');
  await ready(page);
  const timer = page.getByRole('timer', { name: 'Time left' });
  await expect(timer).toHaveText(/^(5:00|4:5\d)$/);
  await page.clock.fastForward(60_000);
  await expect(timer).toHaveText(/^(4:00|3:5\d)$/);
  await page.clock.runFor(10_000);
  await expect(timer).toHaveText(/^3:[45]\d$/);
});

test('the page renews itself, and a new group appears without a reload', async ({ page }) => {
  await page.clock.install();
  await logIn(page, 'alice');
  await ready(page);
  await expect(groups(page)).toHaveText(GROUPS);
  const timer = page.getByRole('timer', { name: 'Time left' });
  const loads: string[] = [];
  page.on('framenavigated', (frame) => loads.push(frame.url()));
  // The portal's own clock has to go on before a new token ends later than the old one.
  await expect(timer).toHaveText(/^4:5[0-7]$/);
  await joinGroup('alice', 'payments-viewer');
  try {
    await page.clock.fastForward(250_000);
    await expect(groups(page)).toHaveText([GROUPS[0] ?? '', 'payments-viewer', 'users']);
    await expect(timer).toHaveText(/^(5:00|4:[345]\d)$/);
    await expect(page.getByText(/^Token renewed, /)).toBeAttached();
  } finally {
    await leaveGroup('alice', 'payments-viewer');
  }
  await page.clock.fastForward(250_000);
  await expect(groups(page)).toHaveText(GROUPS);
  expect(loads).toEqual([]);
});

test('a page whose login has ended says so, and shows no token any more', async ({ page, watch }) => {
  watch.expectStatus(401);
  await page.clock.install();
  await logIn(page, 'alice');
  await ready(page);
  await page.getByRole('button', { name: 'Reveal' }).click();
  await expect(page.locator('pre.token')).toHaveText(JWT);
  await page.context().clearCookies();
  await page.clock.fastForward(250_000);
  await expect(page.getByText('Your login has ended')).toBeVisible();
  await expect(page.locator('pre.token')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Copy token' })).toBeDisabled();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Log in again' }).click();
  await expect(page).toHaveURL(/\/login\?return_to=/);
});

test('a key that is revoked in the page fetches nothing more', async ({ page }) => {
  await logIn(page, 'alice');
  const key = await makeKey(page, 'lost laptop');
  expect((await retrieve(key)).status).toBe(200);
  await page.goto('/');
  await page.locator('details#keys > summary').click();
  const row = page.getByRole('listitem').filter({ hasText: 'lost laptop' });
  await row.locator('summary').click();
  await expectAccessible(page);
  await row.getByRole('button', { name: 'Revoke lost laptop' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByText('lost laptop')).toHaveCount(0);
  const answer = await retrieve(key);
  expect([answer.status, answer.text]).toEqual([401, 'key_revoked']);
});

test('a key sleeps while its owner is logged out, and wakes with the next login', async ({ page }) => {
  await logIn(page, 'alice');
  const key = await makeKey(page, 'laptop');
  expect((await retrieve(key)).status).toBe(200);
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/login?after=logout');
  await expect(page.getByRole('status')).toContainText('You are logged out in this browser.');
  await expectAccessible(page);
  const asleep = await retrieve(key);
  expect([asleep.status, asleep.text]).toEqual([401, 'login_required']);
  await logIn(page, 'alice');
  const awake = await retrieve(key);
  expect(awake.status).toBe(200);
  expect(awake.text).toMatch(JWT);
});
