// Why an API server refuses a token, and what kubectl means.
import { JWT, expect, expectAccessible, keyByScript, logIn, retrieve, test } from './support.ts';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with scripts' : 'without scripts', () => {
    test.use({ javaScriptEnabled });

    test('somebody tests their own token', async ({ page }) => {
      await logIn(page, 'alice');
      await page.goto('/doctor');
      if (javaScriptEnabled) await expectAccessible(page);
      await page.getByRole('button', { name: 'Test my token' }).click();
      await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('The API server of demo takes your token');
      await expect(page.getByText('shorepass:alice')).toBeVisible();
      expect(await page.content()).not.toMatch(JWT);
      if (javaScriptEnabled) await expectAccessible(page);
    });

    test('a token that is pasted is judged, and not shown again', async ({ page }) => {
      const { key } = await keyByScript('alice', 'doctor');
      const token = (await retrieve(key)).text;
      await logIn(page, 'bob', '/doctor');
      const paste = page.getByLabel('A token, or what kubectl says');
      await paste.fill(`  ${token}\n`);
      await page.getByRole('button', { name: 'Look at it' }).click();
      await expect(page.getByText('Treat it as you would a password')).toBeVisible();
      expect(await page.content()).not.toContain(token.split('.')[2]);
      await expect(paste).toHaveValue('');

      await paste.fill(token.slice(0, -8));
      await page.getByRole('button', { name: 'Look at it' }).click();
      await expect(page.getByText('failed to verify id token signature')).toBeVisible();
      await expect(page.locator('[data-state=bad]')).toHaveCount(1);
      if (javaScriptEnabled) await expectAccessible(page);
    });

    test('what kubectl says is explained', async ({ page }) => {
      await logIn(page, 'alice', '/doctor');
      await page.getByLabel('A token, or what kubectl says').fill('error: You must be logged in to the server (Unauthorized)');
      await page.getByRole('button', { name: 'Look at it' }).click();
      await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('The API server does not take the token');
      await expect(page.locator('.doctor-steps > li')).toHaveCount(3);
      if (javaScriptEnabled) await expectAccessible(page);
    });
  });
}
