import type { Page } from 'playwright-core';
import { createBalancingProxy } from '../../../../src/index.ts';
import { createDashboard } from '../../../../src/observers/dashboard/dashboard.ts';
import { answering } from '../../../helpers/servers.ts';
import { snapshotOf } from '../../../helpers/snapshot.ts';
import { FakeSource } from '../fake-source.ts';
import { keepPicture } from './chromium.ts';
import { describeInBrowser, hasText, open, resources, serve } from './opened-page.ts';

/** Presses Tab until this is focused, as somebody without a mouse does. */
async function tabTo(page: Page, name: string): Promise<void> {
  const isThere = () =>
    page.evaluate((wanted) => {
      const { activeElement } = document;
      return (activeElement?.ariaLabel ?? activeElement?.textContent) === wanted;
    }, name);
  for (let presses = 0; !(await isThere()); presses++) {
    if (presses > 50) throw new Error(`no way to ${name} by Tab`);
    await page.keyboard.press('Tab');
  }
}

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent);

describeInBrowser('the buttons of the page', () => {
  test('are not there unless they are allowed', async () => {
    const { url } = await serve(new FakeSource());
    const { page } = await open(url);
    await page.getByRole('rowheader', { name: 'two' }).waitFor();
    expect(await page.getByRole('button').allTextContents()).toEqual(['Pause']);
  });

  async function serveProxy() {
    const endpoints = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const { url } = await resources.start(answering(200, name));
        return { url, name };
      }),
    );
    const proxy = resources.use(createBalancingProxy({ endpoints }));
    const { url } = await resources.start(createDashboard(proxy, { allowActions: true }));
    return { proxy, url };
  }

  test('drain and restore by the keyboard alone', async () => {
    const { proxy, url } = await serveProxy();
    const { page, complaints } = await open(url);
    const stateOfTwo = () => proxy.endpoints[1]?.state;
    await page.getByRole('rowheader', { name: 'two' }).waitFor();

    await tabTo(page, 'Drain two');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Drain this endpoint?' }).waitFor();
    expect(await focused(page)).toBe('Cancel');
    await page.keyboard.press('Escape');
    expect([await page.locator('dialog').isVisible(), await focused(page), stateOfTwo()]).toEqual([
      false,
      'Drain two',
      'available',
    ]);

    await page.keyboard.press('Enter');
    await tabTo(page, 'Drain');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Restore two' }).waitFor();
    expect([await page.locator('dialog').isVisible(), await focused(page), stateOfTwo()]).toEqual([
      false,
      'Restore two',
      'drained',
    ]);

    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Drain two' }).waitFor();
    expect([await focused(page), stateOfTwo()]).toEqual(['Drain two', 'available']);
    expect(complaints).toEqual([]);
  });

  test('warn before the last endpoint is drained', async () => {
    const { proxy, url } = await serveProxy();
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Drain two' }).click();
    expect(await page.locator('dialog').textContent()).not.toContain('503');
    await page.getByRole('button', { name: 'Cancel' }).click();
    proxy.drain('one');
    await page.getByRole('button', { name: 'Restore one' }).waitFor();
    await page.getByRole('button', { name: 'Drain two' }).click();
    expect(await page.locator('dialog').textContent()).toContain('503');
    await keepPicture(page, 'dialog');
  });

  test('restore an endpoint that is ejected, and leave the focus where it was', async () => {
    const source = new FakeSource();
    source.endpoints = [snapshotOf('one', { state: 'ejected', backInMs: 9_000 }), snapshotOf('two')];
    const { url } = await serve(source, { allowActions: true });
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Restore one' }).waitFor();
    await tabTo(page, 'Restore one');
    await page.keyboard.press('Enter');
    source.endpoints = [snapshotOf('one'), snapshotOf('two')];
    await page.getByRole('button', { name: 'Restore one' }).waitFor({ state: 'hidden' });
    expect(source.changes).toEqual(['restore one']);
    expect(await focused(page)).toBe('Drain one');
  });

  test('say what went wrong', async () => {
    const source = new FakeSource();
    const { url } = await serve(source, { allowActions: true });
    const { page } = await open(url);
    const button = page.getByRole('button', { name: 'Drain one' });
    await button.waitFor();
    // Nobody knows of it any more, but the page has not heard of that.
    await page.getByRole('button', { name: 'Pause' }).click();
    source.endpoints = [snapshotOf('two')];
    await button.click();
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    await hasText(page, '[role="alert"]', /^Could not drain one: 404 no such endpoint/);
  });

  test.each([
    { tiers: [0, 1], says: 'It is the last one of tier 0. It will get no request any more.' },
    { tiers: [0, 0], says: 'It will get no request any more.' },
    { tiers: [0], says: 'It is the last one: all requests will be answered with 503.' },
  ])('say what it means to drain the first of tiers $tiers', async ({ tiers, says }) => {
    const source = new FakeSource();
    source.endpoints = tiers.map((tier, index) => snapshotOf(`endpoint ${index}`, { tier }));
    const { url } = await serve(source, { allowActions: true });
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Drain endpoint 0' }).click();
    expect(await page.locator('dialog [data-field="consequence"]').textContent()).toBe(says);
  });
});
