import type { Page } from 'playwright-core';
import { BalancingProxyError } from '../../../../src/index.ts';
import { startCommand } from '../../../demo/start-command.ts';
import { snapshotOf } from '../../../helpers/snapshot.ts';
import { attemptEnded, FakeSource, reportOf, requestEnded } from '../fake-source.ts';
import { keepPicture } from './chromium.ts';
import { findFaintTexts } from './contrast.ts';
import { describeInBrowser, hasText, open, serve } from './opened-page.ts';

/** Everything that can be seen in one page: each state of an endpoint, each outcome of an attempt. */
async function showEverything(source: FakeSource, page: Page): Promise<void> {
  const states = ['available', 'cooling', 'ejected', 'trial', 'drained'] as const;
  const latencyMs = { p50: 12, p95: 1_234, p99: 23_456 };
  source.endpoints = states.map((state, index) =>
    snapshotOf(`http://${state}-with-quite-a-long-name.example:8000/base/${index}`, {
      state,
      tier: index,
      ejectionCause: state === 'ejected' || state === 'trial' ? 'failures' : undefined,
      backInMs: state === 'ejected' || state === 'cooling' ? 4_200 : 0,
      inFlight: 12,
      successes: 1_234_567,
      wins: 345_678,
      failures: 98_765,
      latencyMs: state === 'trial' ? undefined : latencyMs,
      latencyCount: 17,
    }),
  );
  const outcomes = ['won', 'lost', 'resumed', 'unusable', 'failed', 'timed-out', 'cancelled'] as const;
  const reasons = ['first', 'hedge', 'resume', 'failure', 'tier', 'retry', 'race'] as const;
  const error = new BalancingProxyError('ERR_BRP_RESPONSE_TIMEOUT', 'late');
  const attempts = outcomes.map((outcome, index) =>
    reportOf({
      endpoint: source.endpoints[index % 5]?.name ?? '',
      reason: reasons[index] ?? 'first',
      outcome,
      error,
      startedAfterMs: index * 20,
      headAfterMs: 30,
      durationMs: 50,
    }),
  );
  source.emit(...attempts.map((report) => attemptEnded(report)));
  const broken = { error, brokeOff: { afterMs: 300, atByte: 123_456_789 } };
  source.emit(
    requestEnded({
      resumes: 2,
      durationMs: 1_000,
      attempts: attempts.slice(0, 3).map((report, index) => (index === 1 ? report : { ...report, ...broken })),
    }),
  );
  source.emit(requestEnded({ url: `/${'long/'.repeat(60)}`, attempts, durationMs: 150 }));
  source.emit(requestEnded({ status: 500, winner: undefined, attempts, strategy: 'hedge' }));
  source.emit(requestEnded({ status: undefined, winner: undefined, servedBy: undefined, error, attempts: [] }));
  const gone = new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'gone');
  source.emit(requestEnded({ status: undefined, winner: undefined, servedBy: undefined, error: gone }));
  await page.waitForFunction(() => document.querySelectorAll('.race').length === 5);
}

describeInBrowser('the dashboard of the demo', () => {
  async function sendRequests(url: string, count: number): Promise<void> {
    const send = async (index: number) => void (await (await fetch(`${url}/hello/${index}?token=secret`)).text());
    for (let sent = 0; sent < count; sent += 5) await Promise.all([0, 1, 2, 3, 4].map((index) => send(sent + index)));
  }

  const rowsOf = (page: Page) => page.locator('#endpoint-rows tr').allInnerTexts();

  test('shows 50 requests, their races, and an ejection that comes and goes', async () => {
    const ports = '--port 0 --dashboard-port 0 --flaky-port 0';
    const demo = startCommand('demo.ts', `${ports} --max-delay 40 --seed 1`, 'pipe');
    const [, url = ''] = await demo.printed(/curl -i (http:\/\/localhost:\d+)\/hello\n[\s\S]*A full bar/);
    const [, dashboard = ''] = /dashboard .*(http:\/\/localhost:\d+)/.exec(demo.output()) ?? [];
    const { page, complaints, origins } = await open(dashboard);
    await page.waitForFunction(() => document.querySelectorAll('#endpoint-rows tr').length === 4);
    const before = await rowsOf(page);

    await sendRequests(url, 50);
    const all = page.locator('#endpoints [data-field="attempts"]', { hasText: /^50 in all$/ });
    await all.nth(3).waitFor();
    const after = await rowsOf(page);
    expect(before.map((row, index) => row === after[index])).toEqual([false, false, false, false]);
    await hasText(page, '#figures [data-field="load"]', /^4\.00$/);
    await hasText(page, '#figures [data-field="perSecond"]', /[1-9]/);
    const wins = await page.locator('#endpoints [data-field="wins"]').allInnerTexts();
    const counted = wins.reduce((total, text) => total + Number.parseInt(text, 10), 0);
    expect(counted).toBeGreaterThanOrEqual(48);

    const race = page.locator('.race').first();
    expect(await race.locator('.path').textContent()).toMatch(/^\/hello\/\d+$/);
    expect(await race.locator('.attempt').count()).toBe(4);
    const bars = await race
      .locator('.bar')
      .evaluateAll((elements) => elements.map((one) => one.getBoundingClientRect().width));
    expect(Math.min(...bars)).toBeGreaterThan(0);
    expect(Math.max(...bars)).toBeGreaterThan(20);

    demo.enter('o');
    await demo.printed(/is away/);
    const last = page.locator('#endpoints tbody tr').last();
    const isEjected = async () => (await last.getAttribute('data-state')) === 'ejected';
    while (!(await isEjected())) await sendRequests(url, 5);
    expect(await last.locator('.state').textContent()).toMatch(/^ejected, back in \d s$/);
    expect(await last.locator('[data-field="ejections"]').textContent()).toBe('1');
    await hasText(page, '#endpoints-note', /3 in use, 1 ejected/);
    await keepPicture(page, 'demo-ejected');

    demo.enter('o');
    await demo.printed(/is back/);
    const winsOfLast = () => last.locator('[data-field="wins"]').textContent();
    const winsBefore = await winsOfLast();
    while ((await winsOfLast()) === winsBefore) await sendRequests(url, 5);
    await page.locator('#endpoints tr:last-child[data-state="available"]').waitFor();
    await hasText(page, '#endpoints-note', /^4 in use$/);

    expect(await page.content()).not.toContain('secret');
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(dashboard).origin]);
  }, 60_000);
});

describeInBrowser('the page', () => {
  test.each(['light', 'dark'] as const)('can be read in the %s', async (colorScheme) => {
    const source = new FakeSource();
    const { url } = await serve(source, { allowActions: true });
    const { page, complaints } = await open(url, { colorScheme });
    await showEverything(source, page);
    expect(await findFaintTexts(page)).toEqual([]);
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const isDark = (background.match(/\d+/g) ?? []).every((part) => Number(part) < 64);
    expect(isDark).toBe(colorScheme === 'dark');
    await keepPicture(page, colorScheme);
    expect(complaints).toEqual([]);
  });

  test.each([360, 390, 700, 900, 1100, 1280])('needs no scrolling to the side at %d pixels', async (width) => {
    const source = new FakeSource();
    const { url } = await serve(source, { title: 'the-name-of-a-service-'.repeat(4), allowActions: true });
    const { page } = await open(url, { viewport: { width, height: 740 } });
    await showEverything(source, page);
    const tooWide = await page.evaluate(() => {
      const boxes = [document.documentElement, ...document.querySelectorAll('.panel, .race, .attempts')];
      return boxes
        .filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => `${box.className} ${box.scrollWidth}`);
    });
    expect(tooWide).toEqual([]);
    if (width === 360) await keepPicture(page, 'phone');
  });

  test.each([360, 1280])('is a table with its headings to those who listen to it, at %d pixels', async (width) => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url, { viewport: { width, height: 740 } });
    await page.getByRole('rowheader', { name: 'two' }).waitFor();
    expect(await page.getByRole('table').getByRole('row').count()).toBe(4);
    // Those of three percentiles are one as long as these are not known.
    expect(await page.getByRole('cell').count()).toBe(21);
    const columns = await page
      .locator('#endpoint-rows tr')
      .last()
      .locator('[aria-colspan]')
      .getAttribute('aria-colspan');
    expect(columns).toBe('3');
    expect(await page.getByRole('columnheader').count()).toBe(10);
  });

  test('tells the states and outcomes apart without colours', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    await showEverything(source, page);
    const looks = await page.evaluate(() => ({
      states: [...document.querySelectorAll('.state')].map((element) => {
        const { clipPath, backgroundImage, borderTopStyle } = getComputedStyle(element, '::before');
        return [element.textContent, clipPath, backgroundImage, borderTopStyle];
      }),
      bars: [...document.querySelectorAll('.legend .bar')].map((element) => {
        const { backgroundImage, borderTopStyle } = getComputedStyle(element);
        // Numbers and lengths are the pattern, the rest is colour.
        return [backgroundImage.replaceAll(/(rgb|color)[^)]*\)/g, ''), borderTopStyle];
      }),
    }));
    const distinct = (list: readonly unknown[]) => new Set(list.map((one) => JSON.stringify(one))).size;
    expect(distinct(looks.states.map(([, ...shape]) => shape))).toBe(5);
    expect(distinct(looks.bars)).toBe(7);
  });

  test('draws a body that broke off as one bar that goes on in other rows', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page, complaints } = await open(url);
    const error = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'lost');
    const resume = { reason: 'resume', status: 206 } as const;
    source.emit(
      requestEnded({
        resumes: 2,
        servedBy: 'three',
        durationMs: 1_000,
        attempts: [
          reportOf({ status: 200, durationMs: 50, error, brokeOff: { afterMs: 400, atByte: 81_920 } }),
          reportOf({ ...resume, endpoint: 'two', outcome: 'failed', error, startedAfterMs: 400, durationMs: 100 }),
          reportOf({
            ...resume,
            endpoint: 'three',
            outcome: 'resumed',
            startedAfterMs: 500,
            durationMs: 20,
            error,
            brokeOff: { afterMs: 200, atByte: 90_000 },
          }),
          reportOf({ ...resume, endpoint: 'four', outcome: 'resumed', startedAfterMs: 700, durationMs: 20 }),
        ],
      }),
    );
    await page.locator('.race').waitFor();
    const bars = await page.evaluate(() => {
      const ratio = (ms: number, track: DOMRect) => Math.round((ms * 1_000) / track.width);
      return [...document.querySelectorAll('.race .track')].map((element) => {
        const track = element.getBoundingClientRect();
        const bar = element.firstElementChild?.getBoundingClientRect() ?? track;
        return [ratio(bar.left - track.left, track), ratio(bar.right - track.left, track)];
      });
    });
    expect(bars).toEqual([
      [0, 400],
      [400, 500],
      [500, 700],
      [700, 1000],
    ]);
    expect(await page.locator('.race .attempt .outcome').allTextContents()).toEqual([
      'won, broke · 400 ms',
      'failed 206 connection lost · 100 ms',
      'resumed, broke · 200 ms',
      'resumed 206 · 300 ms',
    ]);
    expect(await page.locator('.race .result').textContent()).toMatch(/^won by one · resumed 2 times · race · /);
    expect(await page.locator('.race .attempt').first().getAttribute('title')).toBe(
      'one: started first at 0 ms, won 200 after 50 ms, broke off at byte 81,920 after 400 ms: connection lost',
    );
    expect(await page.locator('.race').getAttribute('data-result')).toBe('good');
    expect(complaints).toEqual([]);
  });

  test('shows what a name or a path contains as text', async () => {
    const hostile = '<img src=x onerror="window.hacked = true">';
    const source = new FakeSource();
    source.endpoints = [snapshotOf(hostile)];
    const { url } = await serve(source, { allowActions: true });
    const { page, complaints, origins } = await open(url);
    source.emit(
      requestEnded({
        url: `/${hostile}`,
        method: hostile,
        servedBy: hostile,
        attempts: [reportOf({ endpoint: hostile })],
      }),
    );
    await page.locator('.race').waitFor();
    expect(await page.locator('#endpoints .name').getAttribute('title')).toBe(hostile);
    expect(await page.locator('.race .path').textContent()).toBe(`/${hostile}`);
    await page.getByRole('button', { name: 'Drain' }).click();
    expect(await page.locator('dialog .name').textContent()).toBe(hostile);
    expect(await page.locator('main img, dialog img').count()).toBe(0);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(url).origin]);
  });

  test('would refuse to make HTML of a text, whoever tried', async () => {
    const { url } = await serve(new FakeSource());
    const { page } = await open(url);
    const outcome = page.evaluate(() => {
      document.body.innerHTML = '<p>hello</p>';
    });
    await expect(outcome).rejects.toThrow('TrustedHTML');
  });

  test('stands still while it is paused, and misses nothing', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Pause' }).click();
    const second = await open(url);
    for (const [index, path] of ['/1', '/2'].entries()) {
      source.hedgesDenied++;
      source.emit(requestEnded({ url: path }));
      await hasText(second.page, '[data-field="hedgesDenied"]', new RegExp(`${index + 1}`));
    }
    expect(await page.locator('[data-field="hedgesDenied"]').textContent()).toBe('0');
    expect(await page.locator('.race').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume', pressed: true }).click();
    await hasText(page, '[data-field="hedgesDenied"]', /2/);
    expect(await page.locator('.race .path').allTextContents()).toEqual(['/2', '/1']);
  });

  test('says of each endpoint in which tier it is, where there is more than one', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    const tiers = page.locator('#endpoints tbody [data-field="tier"]');
    await tiers.nth(1).waitFor({ state: 'attached' });
    expect(await tiers.allTextContents()).toEqual(['', '']);
    source.endpoints = [snapshotOf('one'), snapshotOf('two', { tier: 1 })];
    await hasText(page, '#endpoint-rows', /tier 1/);
    expect(await tiers.allTextContents()).toEqual(['tier 0', 'tier 1']);
  });

  test('shows the endpoints tier by tier, and what a tier is, where there is more than one', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    const about = page.getByText('Endpoints of a tier are asked when those of the tiers before are no help.');
    await page.locator('#endpoints .name').nth(1).waitFor();
    expect(await about.isVisible()).toBe(false);
    const tiers = { backup: 1, one: 0, far: 2, two: 0, 'other backup': 1 };
    source.endpoints = Object.entries(tiers).map(([name, tier]) => snapshotOf(name, { tier }));
    await about.waitFor();
    const names = await page.locator('#endpoints .name').allTextContents();
    expect(names).toEqual(['one', 'two', 'backup', 'other backup', 'far']);
  });

  test('names the tier of attempts beyond tier 0, in the line of the first of them', async () => {
    const source = new FakeSource();
    source.endpoints = [snapshotOf('one'), snapshotOf('two', { tier: 1 }), snapshotOf('three', { tier: 1 })];
    const { url } = await serve(source);
    const { page } = await open(url);
    const attempts = [
      reportOf({ outcome: 'failed' }),
      reportOf({ endpoint: 'two', reason: 'tier', startedAfterMs: 5 }),
      reportOf({ endpoint: 'three', reason: 'race', startedAfterMs: 5 }),
    ];
    source.emit(requestEnded({ attempts }));
    await page.locator('.race').waitFor();
    expect(await page.locator('.attempt .reason').allTextContents()).toEqual(['first', 'tier 1', 'race']);
    expect(await page.locator('.attempt').last().getAttribute('title')).toBe(
      'three: started beside the first at 5 ms, in tier 1, won after 10 ms',
    );
    expect(await page.locator('.attempt').last().locator('.visually-hidden').textContent()).toBe(
      'started beside the first at 5 ms, in tier 1',
    );
    source.emit(requestEnded({ attempts: [reportOf({ endpoint: 'two' })] }));
    await hasText(page, '.race .attempt .reason', /^first, tier 1$/);
  });

  test('says in words why each attempt started', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    const reasons = ['first', 'race', 'hedge', 'failure', 'tier', 'retry', 'resume'] as const;
    source.emit(requestEnded({ attempts: reasons.map((reason) => reportOf({ reason })) }));
    await page.locator('.race').waitFor();
    expect(await page.locator('.race .attempt .reason').allTextContents()).toEqual(reasons);
    const legend = await page.getByRole('list', { name: 'Why an attempt starts' }).locator('li').allTextContents();
    expect(legend.map((text) => text.split(':')[0])).toEqual(reasons);
    const titles = await page
      .locator('.race .attempt')
      .evaluateAll((elements) => elements.map((one) => one.getAttribute('title')));
    expect(titles[2]).toMatch(/^one: started after the hedge delay at 0 ms, won after/);
  });

  test('says which of many races it shows', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    source.emit(...Array.from({ length: 500 }, () => requestEnded()));
    await hasText(page, '#races-note', /^a sample: 10 of 500$/);
    expect(await page.locator('.race').count()).toBe(10);
  });

  test.each([
    { details: { state: 'ejected', ejectionCause: 'unreachable', backInMs: 900 }, words: /^cannot be reached$/ },
    { details: { state: 'ejected', ejectionCause: 'failures', backInMs: 900 }, words: /^fails too often$/ },
    { details: { state: 'trial', ejectionCause: 'failures' }, words: /^fails too often$/ },
    { details: { state: 'available', ejectionCause: undefined }, words: /^$/ },
  ] as const)('says why an endpoint is left out: $details', async ({ details, words }) => {
    const source = new FakeSource();
    source.endpoints = [snapshotOf('one', { state: 'drained' })];
    const { url } = await serve(source);
    const { page } = await open(url);
    source.endpoints = [snapshotOf('one', details)];
    await hasText(page, '.state', new RegExp(`^${details.state}`));
    await hasText(page, '[data-field="cause"]', words);
  });

  test('says who comes and goes to those who listen to it', async () => {
    const source = new FakeSource();
    const { url } = await serve(source);
    const { page } = await open(url);
    source.endpoints = [snapshotOf('one', { state: 'ejected', backInMs: 900 }), snapshotOf('two')];
    await hasText(page, '[role="status"]', /^one is ejected$/);
    source.endpoints = [snapshotOf('one', { state: 'trial' }), snapshotOf('two', { state: 'cooling' })];
    await hasText(page, '.state', /^trial$/);
    expect(await page.locator('[role="status"]').textContent()).toBe('one is ejected');
    source.endpoints = [snapshotOf('one'), snapshotOf('two')];
    await hasText(page, '[role="status"]', /^one is in use$/);
  });

  test('writes figures as people read them', async () => {
    const { url } = await serve(new FakeSource());
    const { page } = await open(url);
    const shown = await page.evaluate(async (module) => {
      const { formatCode, formatMs, formatRate, formatRatio, formatTotal, shortName } = await import(module);
      return {
        ratios: [null, 0, 0.004, 0.0949, 0.25, 0.9963, 1].map((ratio) => formatRatio(ratio)),
        ms: [undefined, 0, 1.26, 12.6, 1234].map((ms) => formatMs(ms)),
        rates: [0, 1.25, 123.4, 1234].map((rate) => formatRate(rate)),
        totals: [0, 9_999, 98_765, 1_234_567].map((total) => formatTotal(total)),
        code: formatCode('ERR_BRP_CONNECT_TIMEOUT'),
        names: ['https://one.example', 'name', `https://${'a'.repeat(40)}.example:8080`].map((name) => shortName(name)),
      };
    }, `${url}/format.js`);
    expect(shown).toEqual({
      ratios: ['–', '0 %', '0.4 %', '9.5 %', '25 %', '99.6 %', '100 %'],
      ms: ['–', '0', '1.3', '13', '1,234'],
      rates: ['0', '1.3', '123', '1,234'],
      totals: ['0 in all', '9,999 in all', '98.8K in all', '1.2M in all'],
      code: 'connect timeout',
      names: ['one.example', 'name', `${'a'.repeat(8)}…${'a'.repeat(4)}.example:8080`],
    });
  });
});
