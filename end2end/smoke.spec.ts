import { test, expect } from '@playwright/test';
test('the login page answers', async ({ page }) => { const r = await page.goto('/login'); expect(r?.status()).toBe(200); });
