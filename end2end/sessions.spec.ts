// Where somebody is logged in, and how they throw themselves out.
import type { Page } from '@playwright/test';

import { expect, expectAccessible, logIn, makeKey, retrieve, test } from './support.ts';

const logins = (page: Page) => page.getByRole('region', { name: 'Logins' }).getByRole('listitem');

test('both browsers of a person are listed, and one can end the other', async ({ page, open }) => {
  const other = await open();
  await logIn(other, 'alice');
  await logIn(page, 'alice', '/sessions');
  await expect(logins(page)).toHaveCount(2);
  await expect(logins(page).filter({ hasText: 'this one' })).toHaveCount(1);
  await expectAccessible(page);

  const theirs = logins(page).filter({ hasNotText: 'this one' });
  await theirs.locator('summary').click();
  await expectAccessible(page);
  await theirs.getByRole('button', { name: 'End this login' }).click();
  await expect(page).toHaveURL('/sessions');
  await expect(logins(page)).toHaveCount(1);

  await other.goto('/');
  await expect(other).toHaveURL(/\/login/);
  await page.goto('/');
  await expect(page).toHaveURL('/');
});

test('nobody sees the logins of others', async ({ page, open }) => {
  const other = await open();
  await logIn(other, 'bob');
  await logIn(page, 'alice', '/sessions');
  await expect(logins(page)).toHaveCount(1);
});

test('signing out everywhere ends every login and revokes every key', async ({ page, open }) => {
  const other = await open();
  await logIn(other, 'alice');
  await logIn(page, 'alice', '/sessions');
  const key = await makeKey(page, 'laptop');
  expect((await retrieve(key)).status).toBe(200);
  await page.goto('/sessions');
  await page.locator('summary').filter({ hasText: 'Sign out everywhere' }).click();
  await expect(page.getByText('This ends 2 logins, this one too, and revokes 1 key.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page).toHaveURL('/login?after=logout');
  for (const browser of [page, other]) {
    await browser.goto('/');
    await expect(browser).toHaveURL(/\/login/);
  }
  const answer = await retrieve(key);
  expect([answer.status, answer.text]).toEqual([401, 'key_revoked']);
});
