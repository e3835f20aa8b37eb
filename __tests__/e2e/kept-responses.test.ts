import { Readable } from 'node:stream';
import type { BalancingProxyOptions, Transport } from '../../src/index.ts';
import { type FakeResponse, fakeTransport } from '../../src/testing/testing.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const bytesOf = { small: 100, large: 200_000 };

/** How a response comes, after its head. */
const bodies = {
  /** All of it at once. */
  whole: { size: 'small', start: sendWhole },
  /** As it is read. */
  large: { size: 'large', start: () => {} },
  /** Half of it, and a break at once. */
  'small, breaks': { size: 'small', start: (body: Readable, text: string) => breakAfterHalf(body, text, 0) },
  'large, breaks': { size: 'large', start: (body: Readable, text: string) => breakAfterHalf(body, text, 0) },
  /** Half of it, and a break when the race is over. */
  'small, breaks late': { size: 'small', start: (body: Readable, text: string) => breakAfterHalf(body, text, 100) },
  /** Half of it. */
  'small, silent': { size: 'small', start: (body: Readable, text: string) => void body.push(text.slice(0, 50)) },
} as const;

function sendWhole(body: Readable, text: string): void {
  body.push(text);
  body.push(null);
}

function breakAfterHalf(body: Readable, text: string, ms: number): void {
  body.push(text.slice(0, text.length / 2));
  later(ms, () => body.destroy(new Error('reset')));
}

type Coming = 'never' | 'refused' | `${200 | 404 | 500} ${keyof typeof bodies}`;

/** What an endpoint answers with: its number, as often as its length has it. */
function answer(coming: Coming, number: number): FakeResponse & { readonly body: Readable } {
  const [status, ...rest] = coming.split(' ');
  const { size, start } = bodies[rest.join(' ') as keyof typeof bodies];
  const text = String(number).repeat(bytesOf[size]);
  let sent = 0;
  const body = new Readable({
    read() {
      if (coming.endsWith('large')) {
        this.push(sent < text.length ? text.slice(sent, sent + 10_000) : null);
        sent += 10_000;
      }
    },
  });
  start(body, text);
  return { status: Number(status), headers: ['Content-Length', String(text.length)], body };
}

/** One after the other: each answers when the one before has, and has broken off if it does so at once. */
function transportOf(comings: readonly Coming[]): Transport {
  const settled = comings.map(() => Promise.withResolvers<void>());
  return fakeTransport(async ({ address }) => {
    const number = Number(address.hostname.slice(1));
    await settled[number - 2]?.promise;
    const { promise: isTime, resolve } = Promise.withResolvers<void>();
    later(5, resolve);
    await isTime;
    const coming = comings[number - 1] ?? 'never';
    if (coming === 'never') return new Promise<never>(() => {});
    const response = coming === 'refused' ? undefined : answer(coming, number);
    if (coming.endsWith('breaks')) response?.body.once('close', () => settled[number - 1]?.resolve());
    else settled[number - 1]?.resolve();
    if (!response) throw new Error('refused');
    return response;
  });
}

const serve = async (comings: readonly Coming[], options: Omit<BalancingProxyOptions, 'endpoints' | 'transport'>) =>
  resources.serve({
    preferStatuses: '200',
    preferGraceMs: 60_000,
    ...options,
    endpoints: comings.map((_, index) => `http://e${index + 1}`),
    transport: transportOf(comings),
  });

interface Case {
  readonly comings: readonly Coming[];
  readonly totalMs?: number;
  readonly idleMs?: number;
  readonly preferGraceMs?: number;
  /** The status, and by which endpoint. */
  readonly given: string;
}

describe('of responses that are kept', () => {
  test.each<Case>([
    // Usable ones that are held for a better one.
    { comings: ['404 whole', 'never'], totalMs: 800, given: '404 by 1' },
    { comings: ['404 large', 'never'], totalMs: 800, given: '404 by 1' },
    { comings: ['404 large, breaks', 'never'], totalMs: 800, given: '504' },
    { comings: ['404 large, breaks', '404 whole', 'never'], totalMs: 800, given: '404 by 2' },
    { comings: ['404 large, breaks', '404 large', 'never'], totalMs: 800, given: '404 by 2' },
    { comings: ['404 large, breaks', '404 large, breaks', 'never'], totalMs: 800, given: '504' },
    { comings: ['404 large', '404 whole', 'never'], totalMs: 800, given: '404 by 2' },
    { comings: ['404 large, breaks', '404 whole', 'never'], preferGraceMs: 100, given: '404 by 2' },
    { comings: ['404 large, breaks', 'refused', '404 whole'], preferGraceMs: 8, given: '404 by 3' },
    { comings: ['404 large, breaks', 'refused', '200 whole'], preferGraceMs: 8, given: '200 by 3' },
    { comings: ['404 large, breaks', '404 whole'], given: '404 by 2' },
    { comings: ['404 whole', '404 large, breaks'], given: '404 by 1' },
    { comings: ['404 large, breaks', '200 whole'], given: '200 by 2' },
    { comings: ['404 large, breaks', 'refused'], given: '502' },
    { comings: ['404 large, breaks', '500 whole'], given: '500 by 2' },
    { comings: ['500 whole', '404 large, breaks', 'refused'], given: '500 by 1' },
    { comings: ['500 whole', '404 large', 'refused'], given: '404 by 2' },
    { comings: ['500 whole', '404 large', 'never'], totalMs: 800, given: '404 by 2' },
    // Spares.
    { comings: ['500 whole', '500 whole'], given: '500 by 1' },
    { comings: ['500 whole', '500 large'], given: '500 by 1' },
    { comings: ['500 large', '500 whole'], given: '500 by 2' },
    { comings: ['500 large', '500 large'], given: '500 by 1' },
    { comings: ['500 whole', '500 large, breaks', 'refused'], given: '500 by 1' },
    { comings: ['500 large, breaks', '500 whole'], given: '500 by 2' },
    { comings: ['500 large, breaks', '500 large', 'refused'], given: '500 by 2' },
    { comings: ['500 small, breaks', '500 large', 'refused'], given: '500 by 2' },
    { comings: ['500 large, breaks', '500 small, breaks', '500 whole'], given: '500 by 3' },
    { comings: ['500 large, breaks', '500 small, breaks', 'refused'], given: '502' },
    { comings: ['500 small, breaks late', '500 large'], given: '500 by 2' },
    { comings: ['500 small, breaks late', 'refused'], given: '502' },
    { comings: ['500 small, silent', '500 large'], idleMs: 50, given: '500 by 2' },
    { comings: ['500 small, silent', 'refused'], totalMs: 800, given: '504' },
    { comings: ['500 whole', 'never'], totalMs: 800, given: '504' },
    { comings: ['500 whole', '200 whole'], given: '200 by 2' },
    { comings: ['500 large', '200 large'], given: '200 by 2' },
    { comings: ['500 large', '404 whole'], given: '404 by 2' },
  ])('$comings with totalMs $totalMs: $given', async ({ comings, given, totalMs, idleMs, preferGraceMs }) => {
    const timeouts = { ...(totalMs && { totalMs }), ...(idleMs && { idleMs }) };
    const served = await serve(comings, { timeouts, ...(preferGraceMs && { preferGraceMs }) });
    const { status, text, headers } = await request(served.url);
    const by = given.split(' by ')[1];
    expect(`${status}${by ? ` by ${text[0]}` : ''}`).toBe(given);
    if (by) expect(text).toBe(by.repeat(Number(headers['content-length'])));
    await until(() => served.events.map(({ type }) => type), including('request-ended'));
    expect(served.proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual(comings.map(() => 0));
  });
});

describe('a response that was held and broke off', () => {
  test("is its endpoint's failure", async () => {
    const served = await serve(['404 large, breaks', '200 whole'], {});
    expect((await request(served.url)).status).toBe(200);
    const reports = served.events.flatMap((event) => (event.type === 'attempt-ended' ? [event.report] : []));
    expect(reports.find(({ endpoint }) => endpoint === 'http://e1')).toMatchObject({
      outcome: 'failed',
      error: { code: 'ERR_BRP_CONNECTION_LOST' },
    });
    expect(served.proxy.endpoints[0]).toMatchObject({ successes: 0, failures: 1 });
  });
});

describe('a response that is kept in case nothing better comes', () => {
  test.each<Coming>(['500 whole', '500 large'])(
    'is in flight at its endpoint as long as it is kept: %s',
    async (coming) => {
      const served = await serve([coming, 'never'], { maxInFlight: 1, timeouts: { totalMs: 800 } });
      const first = request(served.url);
      await until(() => served.events.map(({ type }) => type), including('attempt-ended'));
      expect(served.proxy.endpoints).toMatchObject([{ inFlight: 1 }, { inFlight: 1 }]);
      const second = await request(served.url);
      expect([second.status, second.text]).toEqual([503, '503 ERR_BRP_NO_ENDPOINT\n']);
      expect((await first).status).toBe(504);
      expect(served.proxy.endpoints).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }]);
    },
  );

  test('is no longer when a better one has won', async () => {
    const served = await serve(['500 large', '200 large'], {});
    await request(served.url);
    expect(served.proxy.endpoints).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }]);
  });
});
