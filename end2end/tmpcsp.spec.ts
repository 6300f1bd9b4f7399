import { test } from './support.ts';
test('csp is seen', async ({ page, watch }) => {
  await page.goto('/login');
  await page.evaluate(() => { const s = document.createElement('script'); s.textContent = 'window.x=1'; document.body.append(s); });
  await page.evaluate(() => { setTimeout(() => { throw new Error('boom'); }, 0); });
  await page.evaluate(() => new Promise((r) => setTimeout(r, 50)));
  console.log('SEEN', JSON.stringify(watch.problems));
});
