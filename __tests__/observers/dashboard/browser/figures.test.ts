import type { Page } from 'playwright-core';
import type { AttemptReport } from '../../../../src/index.ts';
import { snapshotOf } from '../../../helpers/snapshot.ts';
import { FakeSource, reportOf, requestEnded } from '../fake-source.ts';
import { describeInBrowser, hasText, open, serve } from './opened-page.ts';

/** A request that took so many milliseconds, with one attempt. */
function took(ms: number, details: Partial<AttemptReport> = {}) {
  return requestEnded({ durationMs: ms, attempts: [reportOf({ durationMs: ms, ...details })] });
}

const clientCells = (page: Page) => page.locator('#clients').getByRole('cell').allInnerTexts();

describeInBrowser('what the page says of clients', () => {
  test('stands above what it says of endpoints, in the same columns', async () => {
    const source = new FakeSource();
    source.endpoints = [snapshotOf('one', { latencyMs: { p50: 100, p95: 200, p99: 300 } })];
    const { url } = await serve(source);
    const { page, complaints } = await open(url);
    await hasText(page, '#clients', /waiting for 20 responses,\snone so far/);
    source.emit(...Array.from({ length: 19 }, () => took(10)));
    await hasText(page, '#clients', /waiting for 20 responses,\s19 so far/);
    source.emit(
      took(10),
      requestEnded({ winner: undefined, status: 500, attempts: [reportOf({ outcome: 'unusable' })] }),
    );
    await hasText(page, '#clients [data-field="p50"]', /^10$/);
    const cells = await clientCells(page);
    expect(cells.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
      '',
      '',
      expect.stringMatching(/^[\d.]+ ?21 in all$/),
      '',
      '10',
      '10',
      '10',
      expect.stringMatching(/^95 % ?1 failed$/),
      '',
    ]);
    const columns = await page.getByRole('columnheader').allInnerTexts();
    expect([columns.indexOf('p99 ms'), columns.indexOf('Success')]).toEqual([7, 8]);
    expect(await page.locator('#endpoint-rows [data-field="p99"]').textContent()).toBe('300');
    expect(complaints).toEqual([]);
  });

  test('is there from before the page was opened, with the races', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    source.emit(...Array.from({ length: 60 }, (_, index) => requestEnded({ url: `/${index + 1}` })));
    const { page } = await open(url);
    await page.locator('.race').first().waitFor();
    expect(await page.locator('.race').count()).toBe(50);
    expect(await page.locator('.race .path').first().textContent()).toBe('/60');
    expect(await page.locator('#clients [data-field="requests"]').textContent()).toBe('60 in all');
    const shown = () => page.locator('.race:visible').count();
    expect(await shown()).toBe(20);
    await page.getByRole('button', { name: 'Show all 50', expanded: false }).click();
    expect(await shown()).toBe(50);
    await page.getByRole('button', { name: 'Show fewer', expanded: true }).click();
    expect(await shown()).toBe(20);
  });

  test('says of an endpoint how many responses it waits for', async () => {
    const source = new FakeSource();
    source.endpoints = [snapshotOf('one', { latencyCount: 1_234 }), snapshotOf('two', { latencyCount: 0 })];
    const { url } = await serve(source);
    const { page } = await open(url);
    const waiting = page.locator('#endpoint-rows .waiting');
    await waiting.nth(1).waitFor();
    expect(await waiting.allInnerTexts()).toEqual([
      'waiting for 20 responses,\n1,234 so far',
      'waiting for 20 responses,\nnone so far',
    ]);
  });
});

describeInBrowser('what the page says of the proxy', () => {
  test('has its name, in the heading and in the tab, as text', async () => {
    const { url } = await serve(new FakeSource(), { title: '<b>api</b>' });
    const { page, complaints } = await open(url);
    await hasText(page, 'h1', /^<b>api<\/b>$/);
    expect(await page.title()).toBe('<b>api</b>');
    expect(await page.locator('h1 b').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('has the strategies that were seen, with shares where there are several', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    expect(await page.locator('#strategy').textContent()).toBe('');
    source.emit(requestEnded({ strategy: 'race' }));
    await hasText(page, '#strategy', /^strategy race$/);
    source.emit(...Array.from({ length: 3 }, () => requestEnded({ strategy: 'failover' })));
    await hasText(page, '#strategy', /^strategies failover 75 %, race 25 %$/);
  });

  test('has hedges only where a strategy hedges, and mended bodies only where there were any', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    const [hedged, resumed] = [page.getByText('Hedged', { exact: true }), page.getByText('Resumed', { exact: true })];
    source.emit(requestEnded());
    await hasText(page, '#strategy', /race/);
    expect([await hedged.isVisible(), await resumed.isVisible()]).toEqual([false, false]);
    source.hedgesDenied = 3;
    const attempts = [reportOf(), reportOf({ reason: 'hedge' })];
    source.emit(requestEnded({ strategy: 'hedge', attempts }), requestEnded({ strategy: 'hedge', resumes: 2 }));
    await hedged.waitFor();
    await resumed.waitFor();
    expect(await page.locator('[data-field="hedged"]').textContent()).toBe('50 %');
    expect(await page.locator('[data-field="hedgesDenied"]').textContent()).toBe('3');
    expect(await page.locator('[data-field="resumes"]').textContent()).toBe('2');
  });
});

describeInBrowser('the time scale of the races', () => {
  /** The share of its track that the bar of each race takes, oldest first, and what the track is said to stand for. */
  const drawn = (page: Page) =>
    page.locator('.race').evaluateAll((races) =>
      races
        .map((race) => {
          const track = race.querySelector('.track')?.getBoundingClientRect().width ?? 0;
          const bar = race.querySelector('.bar')?.getBoundingClientRect().width ?? 0;
          return [Math.round((100 * bar) / track), race.querySelector('[data-field="full"]')?.textContent];
        })
        .reverse(),
    );

  test('is one for all, or each its own, as the user wants it, by keyboard, too', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page, complaints } = await open(url);
    source.emit(took(100), took(500));
    await page.locator('.race').nth(1).waitFor();
    expect(await page.getByRole('group', { name: 'Time scale' }).getByRole('radio').count()).toBe(2);
    expect(await drawn(page)).toEqual([
      [20, '500 ms'],
      [100, '500 ms'],
    ]);
    source.emit(took(800));
    await page.locator('.race').nth(2).waitFor();
    expect(await drawn(page)).toEqual([
      [10, '1,000 ms'],
      [50, '1,000 ms'],
      [80, '1,000 ms'],
    ]);
    await page.getByRole('radio', { name: 'one for all' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await drawn(page)).toEqual([
      [100, '100 ms'],
      [100, '500 ms'],
      [100, '800 ms'],
    ]);
    await page.keyboard.press('ArrowLeft');
    expect((await drawn(page))[0]).toEqual([10, '1,000 ms']);
    expect(complaints).toEqual([]);
  });

  test('has room for any time', async () => {
    const { url } = await serve(new FakeSource());
    const { page } = await open(url);
    const scales = await page.evaluate(async (module) => {
      const { scaleFor } = await import(module);
      return [0, 0.1, 1, 1.1, 74, 76, 999, 1_001, 30_000, 30_001].map((ms) => scaleFor(ms));
    }, `${url}/scales.js`);
    expect(scales.map((ms) => Math.round(ms * 100) / 100)).toEqual([
      0.1, 0.1, 1, 1.5, 75, 100, 1_000, 1_500, 30_000, 50_000,
    ]);
  });

  test('shows how long a response was held, in the bar and in words', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    source.emit(took(100, { headAfterMs: 60 }), took(100, { headAfterMs: 99.9 }), took(100));
    await page.locator('.race').nth(2).waitFor();
    const shares = await page.locator('.race .bar').evaluateAll((bars) =>
      bars.map((bar) => {
        const held = bar.querySelector('.held')?.getBoundingClientRect().width ?? 0;
        return Math.round((10 * held) / bar.getBoundingClientRect().width);
      }),
    );
    expect(shares).toEqual([0, 0, 4]);
    const oldest = page.locator('.race .attempt').last();
    const words = 'its response held for 40 ms';
    expect(await oldest.getAttribute('title')).toContain(words);
    expect(await oldest.locator('.visually-hidden').textContent()).toContain(words);
  });
});

describeInBrowser('on a phone', () => {
  test('races come before the details, for those who listen, too, and behind them elsewhere', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    source.emit(...Array.from({ length: 30 }, () => requestEnded()));
    const { page } = await open(url, { viewport: { width: 390, height: 844 } });
    await page.locator('.race').first().waitFor();
    const headings = () => page.getByRole('heading', { level: 2 }).allInnerTexts();
    expect(await headings()).toEqual(['Last races', 'Clients and endpoints']);
    expect(await page.locator('.race:visible').count()).toBe(8);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.locator('.race').nth(19).waitFor();
    expect(await headings()).toEqual(['Clients and endpoints', 'Last races']);
  });
});
