// How the journeys run. `make e2e` starts the portal and sets the environment:
// SHOREPASS_URL, SHOREPASS_LOG, SHOREPASS_BIN, SHOREPASS_CONFIG, DATABASE_URL, CHROMIUM, KUBECTL,
// UPSTREAM_CORP, UPSTREAM_PARTNERS.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  // Pictures to look at are made on demand.
  ...(process.env['LOOK'] ? {} : { grepInvert: /@look/ }),
  // The journeys share one portal and its demo data.
  workers: 1,
  fullyParallel: false,
  // A journey that fails now and then is a defect.
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: 'list',
  use: {
    baseURL: process.env['SHOREPASS_URL'],
    browserName: 'chromium',
    headless: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'],
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
