// An administrator looks people up and shuts them out, and looks after the signing keys.
import { expect, expectAccessible, logIn, logInByScript, get, keyByScript, retrieve, test } from './support.ts';

test('an administrator finds somebody and signs them out everywhere, in two clicks', async ({ page }) => {
  const { key, cookie } = await keyByScript('alice', 'shut out');
  expect((await retrieve(key)).status).toBe(200);
  await logIn(page, 'carol');
  await page.getByRole('link', { name: 'Users' }).click();
  await expect(page).toHaveURL('/admin/users');
  await expectAccessible(page);
  await page.keyboard.type('almei');
  await page.keyboard.press('Enter');
  await expect(page.locator('.people > li')).toHaveCount(1);
  await page.getByRole('link', { name: 'Alice Almeida' }).click();
  await expect(page.getByText('shut out')).toBeVisible();
  await expectAccessible(page);
  await page.locator('summary').filter({ hasText: 'Sign out everywhere…' }).click();
  await expect(page.locator('.sure[open]').getByText(/works for \d+ m.* more at the most/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign alice out everywhere' }).click();
  await expect(page.getByRole('status')).toContainText('Signed out everywhere');
  await expectAccessible(page);
  expect((await retrieve(key)).text).toBe('key_revoked');
  expect((await get('/', cookie)).status).toBe(303);
});

test('somebody is disabled and enabled again without a script', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await logIn(page, 'carol', '/admin/users/erin');
  await page.locator('summary').filter({ hasText: 'Disable…' }).click();
  await page.getByRole('button', { name: 'Disable erin' }).click();
  await expect(page.locator('h1')).toContainText('disabled');
  await page.locator('summary').filter({ hasText: 'Enable…' }).click();
  await page.getByRole('button', { name: 'Enable erin' }).click();
  await expect(page.locator('h1')).not.toContainText('disabled');
  await logInByScript('erin');
  await context.close();
});

test('an auditor looks at people and keys, and is offered nothing to change', async ({ page }) => {
  await logIn(page, 'dave', '/admin/users/alice');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alice Almeida');
  await expect(page.locator('main form')).toHaveCount(0);
  await page.getByRole('link', { name: 'Keys', exact: true }).click();
  await expect(page.locator('.lives .badge').first()).toBeVisible();
  await expect(page.locator('main form')).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Clusters' })).toHaveCount(0);
  await expectAccessible(page);
});

test('a key that waits is revoked, and the page says what is left to do', async ({ page }) => {
  await logIn(page, 'carol', '/admin/keys');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Rotate now' }).click();
  const waits = page.locator('.lives > li').filter({ has: page.locator('.badge', { hasText: 'waits' }) });
  await expect(waits).toHaveCount(1);
  await waits.locator('summary').click();
  await expect(waits.getByText('goes on trusting').or(waits.getByText('go on trusting'))).toBeVisible();
  await expectAccessible(page);
  await waits.getByRole('button', { name: /^Revoke / }).click();
  await expect(page.getByRole('heading', { name: 'Make the API servers forget the revoked key' })).toBeVisible();
  await expect(page.locator('#present-demo')).toContainText('kubectl --kubeconfig=');
  await expectAccessible(page);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${width} wide`).toBeLessThanOrEqual(0);
  }
});
