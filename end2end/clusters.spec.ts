// An administrator connects a cluster and looks whether it fits.
import { expect, expectAccessible, get, logIn, query, test } from './support.ts';

test('an administrator connects a cluster, adds a namespace, and sees what to paste', async ({ page }) => {
  await logIn(page, 'carol');
  await page.getByRole('link', { name: 'Clusters' }).click();
  await expect(page).toHaveURL('/admin/clusters');
  await expectAccessible(page);
  const name = `east-${Date.now() % 100_000}`;
  try {
    await page.locator('summary').filter({ hasText: 'Connect a cluster' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('API URL').fill('https://127.0.0.1:6444');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Connect' }).click();
    await expect(page).toHaveURL(`/admin/clusters/${name}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    await page.getByLabel('Add a namespace').fill('payments');
    await page.getByRole('button', { name: 'Add' }).click();
    await expect(page.getByText('payments-viewer', { exact: true })).toBeVisible();
    await page.getByText('Role bindings', { exact: true }).click();
    await expect(page.locator('#text-rbac')).toContainText('kind: "RoleBinding"');
    await expect(page.locator('#text-rbac')).toContainText('shorepass:payments-viewer');
    await expectAccessible(page);
  } finally {
    await query(`DELETE FROM groups WHERE cluster_id = (SELECT id FROM clusters WHERE name = $1)`, [name]);
    await query(`DELETE FROM namespaces WHERE cluster_id = (SELECT id FROM clusters WHERE name = $1)`, [name]);
    await query(`DELETE FROM clusters WHERE name = $1`, [name]);
  }
});

test('the self-check goes through its lines, and says what is wrong and how it is mended', async ({ page }) => {
  await logIn(page, 'carol', '/admin/clusters/demo');
  await expect(page.locator('form.check-now[data-ready]')).toBeVisible();
  const lines = page.locator('ol.check > li');
  await expect(lines).toHaveCount(7);
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByText(/lines are not in order\. Mend the first/)).toBeVisible();
  await expect(lines.nth(0)).toContainText('API servers take https alone');
  await expect(lines.nth(0)).toContainText('shorepass pki');
  await expect(lines.nth(2)).toContainText('no connection');
  await expect(lines.nth(6)).toContainText('Not looked at');
  await expectAccessible(page);
});

test('to a developer these pages are not there', async ({ page, watch }) => {
  watch.expectStatus(404);
  await logIn(page, 'alice');
  await expect(page.getByRole('link', { name: 'Clusters' })).toHaveCount(0);
  await page.goto('/admin/clusters');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
  await expectAccessible(page);
});

test('without a login these pages are the way to log in', async () => {
  const answer = await get('/admin/clusters/demo');
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe('/login?return_to=%2Fadmin%2Fclusters%2Fdemo');
});
