// What has to work where a browser runs no script.
import { type BrowserContextOptions, type Page } from '@playwright/test';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { URL_OF_PORTAL, expect, expectAccessible, logIn, makeKey, remember, retrieve, test } from './support.ts';

test.use({ javaScriptEnabled: false });

/** The same document in a browser that can run axe, though nothing of the page's own. */
async function scripted(page: Page, open: (options: BrowserContextOptions) => Promise<Page>): Promise<Page> {
  const html = await page.content();
  const body = html.replaceAll(/<script\b.*?<\/script>/gs, '').replaceAll(/<(\/?)noscript>/g, '<$1div>');
  const twin = await open({ javaScriptEnabled: true });
  await twin.route(page.url(), (route) => route.fulfill({ contentType: 'text/html', body }));
  await twin.goto(page.url());
  return twin;
}

test('without scripts, people log in, see their token and log out', async ({ page, open }) => {
  await logIn(page, 'alice');
  await expect(page.locator('pre.token')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Reveal' })).toBeHidden();
  await expect(page.getByText('valid until')).toBeVisible();
  await expectAccessible(await scripted(page, open));
  await page.getByRole('button', { name: 'Show token' }).click();
  const token = remember((await page.locator('.shown pre.token').textContent()) ?? '');
  const keys = createRemoteJWKSet(new URL('/oauth2/jwks', URL_OF_PORTAL));
  const { payload } = await jwtVerify(token, keys, { issuer: URL_OF_PORTAL, audience: 'kubernetes' });
  expect(payload.sub).toBe('alice');
  await expectAccessible(await scripted(page, open));
  await page.getByRole('link', { name: 'Hide it' }).click();
  await expect(page.locator('pre.token')).toHaveCount(0);
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/login?after=logout');
});

test('without scripts, a key is made, works, and is revoked', async ({ page, open }) => {
  await logIn(page, 'alice');
  const key = await makeKey(page, 'terminal');
  expect((await retrieve(key)).status).toBe(200);
  await expectAccessible(await scripted(page, open));
  await page.goto('/sessions');
  const row = page.getByRole('listitem').filter({ hasText: 'terminal' });
  await row.locator('summary').click();
  await expectAccessible(await scripted(page, open));
  await row.getByRole('button', { name: 'Revoke terminal' }).click();
  await expect(page).toHaveURL('/sessions');
  await expect(page.getByText('You have no keys yet.')).toBeVisible();
  expect((await retrieve(key)).text).toBe('key_revoked');
});
