// A program without a browser, and the person who lets it in.
import type { Page } from '@playwright/test';

import { URL_OF_PORTAL, expect, expectAccessible, logIn, PASSWORD, remember, test } from './support.ts';

interface Codes {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
}

async function ask(path: string, fields: Record<string, string>): Promise<Record<string, string>> {
  const answer = await fetch(new URL(path, URL_OF_PORTAL), { method: 'POST', body: new URLSearchParams(fields) });
  return (await answer.json()) as Record<string, string>;
}

/** What the program gets to begin with. */
async function begin(): Promise<Codes> {
  const codes = (await ask('/oauth2/device_authorization', { client_id: 'kubernetes', scope: 'openid' })) as unknown as Codes;
  remember(codes.device_code);
  return codes;
}

/** What it gets when it asks. */
async function poll(codes: Codes): Promise<Record<string, string>> {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const got = await ask('/oauth2/token', { grant_type, client_id: 'kubernetes', device_code: codes.device_code });
  for (const name of ['id_token', 'access_token', 'refresh_token']) if (got[name]) remember(got[name]);
  return got;
}

const facts = (page: Page) => page.locator('dl.device-facts');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('a link leads through the login to who asks, and Allow lets them in', async ({ page }) => {
      const codes = await begin();
      await page.goto(codes.verification_uri_complete);
      await page.getByLabel('Username').fill('alice');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Log in' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Let kubectl for demo act for you?');
      await expect(page.getByText('Only if you started this yourself a moment ago.')).toBeVisible();
      await expect(facts(page)).toContainText(codes.user_code);
      await expect(facts(page)).toContainText('127.0.0.1');
      await expect(facts(page)).toContainText('alice');
      expect((await poll(codes))['error']).toBe('authorization_pending');
      if (javaScriptEnabled) await expectAccessible(page);

      await page.getByRole('button', { name: 'Allow' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Allowed');
      if (javaScriptEnabled) await expectAccessible(page);
      expect((await poll(codes))['id_token']).toMatch(/^eyJ/);
      expect((await poll(codes))['error']).toBe('invalid_grant');
    });

    test('a code is typed, a wrong one is said to be wrong, and Deny ends it', async ({ page, watch }) => {
      watch.expectStatus(404);
      watch.expectStatus(409);
      const codes = await begin();
      await logIn(page, 'bob', '/sessions');
      await page.getByRole('link', { name: 'Type it here' }).click();
      await expect(page).toHaveURL('/device');
      if (javaScriptEnabled) await expectAccessible(page);
      await page.getByLabel('Code').fill('bbbb bbbb');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('alert')).toContainText('No program waits with this code');
      if (javaScriptEnabled) await expectAccessible(page);
      await page.getByLabel('Code').fill(codes.user_code.toLowerCase().replace('-', ' '));
      await page.getByRole('button', { name: 'See who asks' }).click();
      await expect(facts(page)).toContainText(codes.user_code);
      await page.getByRole('button', { name: 'Deny' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Denied');
      if (javaScriptEnabled) await expectAccessible(page);
      expect((await poll(codes))['error']).toBe('access_denied');

      await page.goto(codes.verification_uri_complete);
      await expect(page.getByRole('alert')).toContainText('was used already');
    });
  });
}

test('a link on somebody else’s site leads to the code only, and one more press to who asks', async ({ page }) => {
  const codes = await begin();
  await logIn(page, 'alice');
  await page.route('https://elsewhere.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<a href="${codes.verification_uri_complete}">your prize</a>` }),
  );
  await page.goto('https://elsewhere.example/');
  await page.getByRole('link').click();
  await expect(page.getByLabel('Code')).toHaveValue(codes.user_code);
  await expect(page.getByRole('button', { name: 'Allow' })).toHaveCount(0);
  await page.getByRole('button', { name: 'See who asks' }).click();
  await expect(page.getByRole('button', { name: 'Allow' })).toBeVisible();
});
