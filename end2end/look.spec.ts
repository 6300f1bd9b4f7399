// Pictures of the pages, for people to look at: `LOOK=1 cargo xtask e2e look`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, logIn, makeKey, ready, test } from './support.ts';

const FOLDER = join(import.meta.dirname, 'test-results', 'look');

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`pictures in ${colorScheme}, ${width} wide @look`, async ({ page, watch }) => {
      watch.expectStatus(404);
      watch.expectStatus(401);
      mkdirSync(FOLDER, { recursive: true });
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const picture = async (name: string) => {
        await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}-${width}.png`), fullPage: true });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect.soft(overflow, `${name} is not wider than the window`).toBeLessThanOrEqual(0);
      };
      await page.goto('/login');
      await picture('login');
      await page.getByLabel('Username').fill('alice');
      await page.getByLabel('Password').fill('wrong');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('alert')).toBeVisible();
      await picture('login-wrong');
      await logIn(page, 'alice');
      await ready(page);
      await picture('token-without-key');
      await makeKey(page, 'laptop');
      await picture('new-key');
      await page.goto('/');
      await page.getByRole('button', { name: 'Set up this computer' }).click();
      await expect(page.locator('#set-up-posix')).toBeVisible();
      await picture('setup');
      await page.goto('/');
      await ready(page);
      await picture('token-with-key');
      await page.getByRole('button', { name: 'Reveal' }).click();
      await expect(page.locator('pre.token')).toBeVisible();
      await page.locator('details#keys > summary').click();
      await picture('token-revealed');
      await page.goto('/sessions');
      await picture('sessions');
      await page.locator('summary').filter({ hasText: 'Revoke' }).first().click();
      await picture('sessions-sure');
      await page.goto('/no-such-page');
      await picture('not-found');
    });
  }
}
