// *Set up this computer*, as somebody does it who has only the page and a terminal.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Page } from '@playwright/test';

import { JWT, URL_OF_PORTAL, expect, expectAccessible, logIn, pasted, ready, remember, test } from './support.ts';

const KUBECTL = process.env['KUBECTL'];

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A computer with nothing on it but a home. */
class Computer {
  readonly home = mkdtempSync(join(tmpdir(), 'shorepass-setup-'));

  /** Types into a shell, and reads what it says. */
  async type(text: string, shell = 'bash'): Promise<Ran> {
    const path = [dirname(KUBECTL ?? '/'), process.env['PATH']].join(':');
    const env = { HOME: this.home, PATH: path };
    return new Promise((resolve, reject) => {
      const child = execFile(shell, { env, cwd: this.home, timeout: 20_000 }, (error, out, err) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: Number(error?.code ?? 0), out, err });
      });
      child.stdin?.end(text);
    });
  }

  /** What the user entry of the kubeconfig answers, called as kubectl calls it. */
  async plugIn(): Promise<Ran> {
    const view = await this.type('kubectl config view --raw -o json');
    const { command, args } = JSON.parse(view.out).users[0].user.exec;
    const quoted = [command, ...args].map((word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
    return this.type(`${quoted.join(' ')}\n`);
  }
}

// Without Go there is no kubectl of ours, and a person's machine may have none. CI always has one.
test.skip(!KUBECTL && !process.env['CI'], 'kubectl is missing: name it in KUBECTL');

const journey = test.extend<{ computer: Computer }>({
  computer: async ({}, use) => {
    const computer = new Computer();
    await use(computer);
    rmSync(computer.home, { recursive: true });
  },
});

/** From the token page to the page with the command, which is one click. */
async function setUp(page: Page): Promise<void> {
  await expect(page.getByLabel('Name of this computer')).toHaveValue('Linux computer');
  await page.getByRole('button', { name: 'Set up this computer' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Set up this computer');
  remember(/k8r_[\w-]+/.exec((await page.locator('#set-up-posix').textContent()) ?? '')?.[0] ?? '');
}

journey('one click and one paste, and kubectl works from then on', async ({ page, computer }) => {
  await logIn(page, 'alice');
  await ready(page);
  await setUp(page);
  await expectAccessible(page);
  const copy = page.getByRole('button', { name: /^Copy the command that sets this computer up$/ });
  await expect(copy).toHaveAttribute('data-ready', '');
  await copy.click();
  await expect(page.getByRole('button', { name: /^Copied the command/ })).toBeVisible();
  const command = await pasted(page);
  const next = (await page.locator('#next').textContent()) ?? '';
  expect(next).toBe('kubectl --context shorepass-demo-new-namespace get pods');

  const ran = await computer.type(command);
  expect(ran.err).toBe('');
  expect(ran.code).toBe(0);
  expect(ran.out).toContain(`\n  ${next}\n`);
  const contexts = await computer.type('kubectl config get-contexts -o name');
  expect(contexts.out).toBe('shorepass-demo\nshorepass-demo-new-namespace\n');
  const credential = JSON.parse((await computer.plugIn()).out);
  expect(credential.kind).toBe('ExecCredential');
  expect(remember(credential.status.token)).toMatch(JWT);

  await page.getByRole('link', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/login?after=logout');
  const refused = await computer.plugIn();
  expect(refused.code).not.toBe(0);
  expect(refused.out).toBe('');
  expect(refused.err).toContain(`Log in at ${URL_OF_PORTAL}/login and try again.`);

  await logIn(page, 'alice');
  const again = JSON.parse((await computer.plugIn()).out);
  expect(remember(again.status.token)).toMatch(JWT);
});

journey.describe('without scripts', () => {
  journey.use({ javaScriptEnabled: false });

  journey('the same form leads to the same command', async ({ page, computer }) => {
    await logIn(page, 'alice');
    await setUp(page);
    await page.getByText('fish', { exact: true }).first().click();
    await expect(page.locator('#set-up-fish')).toBeVisible();
    const ran = await computer.type((await page.locator('#set-up-posix').textContent()) ?? '');
    expect(ran).toMatchObject({ code: 0, err: '' });
  });
});

test('a computer without a name is refused where it was typed', async ({ page, watch }) => {
  watch.expectStatus(400);
  await logIn(page, 'alice');
  await page.getByLabel('Name of this computer').fill(' ');
  await page.getByRole('button', { name: 'Set up this computer' }).click();
  await expect(page.getByRole('alert')).toContainText('Give the key a name');
  await expect(page.getByLabel('Name of this computer')).toBeFocused();
  await expectAccessible(page);
});
