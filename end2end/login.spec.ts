// The door.
import { PASSWORD, URL_OF_PORTAL, expect, expectAccessible, get, logIn, post, ready, remember, test } from './support.ts';

test('the login page is accessible, and leads to the token', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/login/);
  await expectAccessible(page);
  await logIn(page, 'alice');
  await ready(page);
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: 'shorepass', httpOnly: true, sameSite: 'Lax', path: '/' });
});

test('a wrong password and an unknown user get the same page', async ({ page, watch }) => {
  watch.expectStatus(401);
  const pages: string[] = [];
  for (const username of ['alice', 'nobody-of-that-name']) {
    await page.goto('/login');
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill('wrong');
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Log in' }).click();
    expect((await answer).status()).toBe(401);
    await expect(page.getByRole('alert')).toHaveText('This username and password do not belong together.');
    await expect(page.getByLabel('Username')).toHaveValue(username);
    await expect(page.getByLabel('Password')).toHaveValue('');
    await expect(page.getByLabel('Password')).toBeFocused();
    await expectAccessible(page);
    const text = await post('/login', { directory: 'local', return_to: '/', username, password: 'wrong' });
    expect(text.status).toBe(401);
    expect(text.headers.get('set-cookie')).toBeNull();
    pages.push(text.text.replaceAll(username, 'USERNAME').replaceAll(/ nonce="[\w-]+"/g, ''));
  }
  expect(pages[0]).toBe(pages[1]);
});

test('another site cannot log anybody in', async () => {
  const fields = { directory: 'local', return_to: '/', username: 'alice', password: PASSWORD };
  for (const origin of ['https://evil.example', 'null', `${URL_OF_PORTAL}.evil.example`, null]) {
    const answer = await post('/login', fields, origin);
    expect(answer.status, String(origin)).toBe(403);
    expect(answer.headers.get('set-cookie')).toBeNull();
  }
  const own = await post('/login', fields);
  expect(own.status).toBe(303);
  remember(own.headers.get('set-cookie')?.split(';')[0]?.split('=')[1] ?? '');
});

test('after logging in, people are where they wanted to go', async ({ page }) => {
  await page.goto('/sessions');
  await expect(page).toHaveURL(/\/login\?/);
  await page.getByLabel('Username').fill('alice');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL('/sessions');
  await page.goto('/?cluster=demo');
  await ready(page);
  await page.context().clearCookies();
  await page.goto('/?cluster=demo');
  await expect(page).toHaveURL(/\/login\?/);
  await page.getByLabel('Username').fill('alice');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL('/?cluster=demo');
});

test('logging in never leads to another host', async () => {
  for (const target of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '\\\\evil.example', '/\t/evil.example', 'javascript:alert(1)', '/%0d%0aLocation:x', 'evil.example']) {
    const form = await get(`/login?return_to=${encodeURIComponent(target)}`);
    expect(form.status).toBe(200);
    const answer = await post('/login', { directory: 'local', return_to: target, username: 'alice', password: PASSWORD });
    expect(answer.status, target).toBe(303);
    remember(answer.headers.get('set-cookie')?.split(';')[0]?.split('=')[1] ?? '');
    const location = answer.headers.get('location') ?? '';
    expect(new URL(location, URL_OF_PORTAL).origin, `${target} leads to ${location}`).toBe(URL_OF_PORTAL);
  }
});

test('the keyboard is enough to log in and to log out', async ({ page }) => {
  await page.goto('/login');
  // Past the providers, which whoever listens to the page would otherwise not hear of.
  const continues = page.getByRole('button', { name: /^Continue with/ });
  for (const next of [page.getByRole('link', { name: 'Skip to the content' }), continues.first(), continues.last(), page.getByLabel('Username')]) {
    await page.keyboard.press('Tab');
    await expect(next).toBeFocused();
  }
  await page.keyboard.type('alice');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Password')).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await ready(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  const logOut = page.getByRole('button', { name: 'Log out' });
  for (let steps = 0; steps < 20 && !(await logOut.evaluate((button) => button === document.activeElement)); steps += 1) {
    await page.keyboard.press('Tab');
  }
  await expect(logOut).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/login?after=logout');
});

test('a page that does not exist says so', async ({ page, watch }) => {
  watch.expectStatus(404);
  const answer = await page.goto('/no-such-page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
  await expectAccessible(page);
});
