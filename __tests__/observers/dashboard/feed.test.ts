import { jest } from '@jest/globals';
import { createDashboard, type DashboardOptions } from '../../../src/observers/dashboard/dashboard.ts';
import type { Frame } from '../../../src/observers/dashboard/history/frame.ts';
import { activeResources, surplusOver } from '../../helpers/leaks.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import type { TestServer } from '../../helpers/servers.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';
import { until } from '../../helpers/until.ts';
import { type EventStream, watch } from './event-stream.ts';
import { attemptEnded, FakeSource, requestEnded } from './fake-source.ts';

const resources = new Resources();

afterEach(async () => {
  jest.useRealTimers();
  await resources.closeAll();
});

/** Time goes on for the dashboard only when the test says so; sockets have their own. */
function stopTime(): void {
  const faked = ['setInterval', 'clearInterval', 'performance'];
  const all = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'];
  const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'];
  jest.useFakeTimers({ doNotFake: [...all, ...timers].filter((name) => !faked.includes(name)) as never });
}

const pass = (ms: number) => void jest.advanceTimersByTime(ms);

async function serve(options?: DashboardOptions) {
  const source = new FakeSource();
  const dashboard = createDashboard(source, options);
  const server = await resources.start(dashboard);
  resources.use(dashboard);
  const url = `${server.url}/`;
  return { dashboard, server, source, url, view: async () => resources.use(await watch(url)) };
}

/** Watches, and has the first frame. */
async function viewer(view: () => Promise<EventStream>): Promise<EventStream> {
  const stream = await view();
  await stream.frame(() => true);
  return stream;
}

const left = (server: TestServer) => until(() => server.sockets.size, 0);

describe('a dashboard that nobody looks at', () => {
  test('observes the ends of requests and ejections alone, and has no timer', async () => {
    stopTime();
    const { source, server, url, view } = await serve();
    const atWork = () => ({ heard: source.heard, timers: jest.getTimerCount() });
    const idle = { heard: ['endpoint-ejected', 'request-ended'], timers: 0 };
    await request(url);
    source.emit(requestEnded());
    expect(atWork()).toEqual(idle);
    const stream = await viewer(view);
    expect(atWork()).toEqual({ heard: ['attempt-ended', 'endpoint-ejected', 'request-ended'], timers: 1 });
    stream.close();
    await left(server);
    await until(() => source.observers.size, 1);
    expect(atWork()).toEqual(idle);
  });

  test('tells who comes of all that was before', async () => {
    stopTime();
    const { source, view } = await serve();
    for (let i = 1; i <= 60; i++) source.emit(requestEnded({ url: `/${i}?token=secret` }));
    source.emit({ type: 'endpoint-ejected', endpoint: 'one', forMs: 1_000, cause: 'unreachable' });
    const stream = await viewer(view);
    const [first] = stream.frames;
    expect(first?.races.map(({ path }) => path)).toEqual(Array.from({ length: 50 }, (_, index) => `/${index + 11}`));
    expect(first?.clients).toMatchObject({ successRatio: 1, latencyCount: 60, strategies: [{ strategy: 'race' }] });
    expect(first?.endpoints[0]).toMatchObject({ successRatio: 1, winRatio: 1, ejections: 1 });
    expect(stream.text).not.toContain('secret');
    source.emit(requestEnded({ url: '/new' }));
    pass(500);
    expect((await stream.frame(({ races }) => races.length < 50)).races.map(({ path }) => path)).toEqual(['/new']);
  });

  test('keeps no process alive after its viewers have left', async () => {
    const { source, server, view } = await serve();
    const before = activeResources();
    (await viewer(view)).close();
    await left(server);
    await until(() => source.observers.size, 1);
    expect(await surplusOver(before)).toEqual({});
  });
});

describe('a dashboard that many look at', () => {
  test('observes once, as long as one of them is left', async () => {
    const { source, view } = await serve();
    const [first, second] = [await viewer(view), await viewer(view)];
    expect([source.subscriptions, source.observers.size]).toEqual([2, 2]);
    first.close();
    source.hedgesDenied = 1;
    await second.frame(({ hedgesDenied }) => hedgesDenied === 1);
    expect(source.observers.size).toBe(2);
    second.close();
    await until(() => source.observers.size, 1);
  });

  test('builds a frame once for all of them', async () => {
    stopTime();
    const { source, view } = await serve();
    const streams = [await viewer(view), await viewer(view), await viewer(view)];
    const hedgesDenied = jest.fn(() => 3);
    Object.defineProperty(source, 'hedgesDenied', { get: hedgesDenied });
    pass(500);
    for (const stream of streams) await stream.frame((frame) => frame.hedgesDenied === 3);
    expect(hedgesDenied).toHaveBeenCalledTimes(1);
  });

  test('turns the thirty-third away, until one of them leaves', async () => {
    const { view, url, server } = await serve();
    const streams = await Promise.all(Array.from({ length: 32 }, () => viewer(view)));
    const { status, headers } = await request(`${url}events`);
    expect([status, headers['retry-after']]).toEqual([503, '10']);
    streams[0]?.close();
    await until(() => server.sockets.size, 31);
    expect((await view()).status).toBe(200);
  });
});

describe('the frames', () => {
  test('tell who comes at once what is the case', async () => {
    stopTime();
    const { source, view } = await serve();
    const first = await viewer(view);
    expect(first.text).toMatch(/^retry: \d+\n\ndata: \{/);
    source.emit(requestEnded());
    pass(500);
    await first.frame(({ races }) => races.length === 1);
    const frame = await (await view()).frame(() => true);
    expect(frame).toMatchObject({ races: [{ path: '/hello' }], moreRaces: 0, clients: { loadMultiplier: 1 } });
  });

  test('show every endpoint with its state and figures', async () => {
    stopTime();
    const { source, view } = await serve();
    const latencyMs = { p50: 1.234, p95: 20, p99: 30.05 };
    const counts = { inFlight: 2, successes: 5, wins: 3, failures: 2, cancelled: 4 };
    source.endpoints = [
      snapshotOf('one', { ...counts, latencyMs }),
      snapshotOf('two', { tier: 1, state: 'ejected', backInMs: 99.6, ejectionCause: 'failures' }),
    ];
    const stream = await viewer(view);
    source.emit(attemptEnded(), attemptEnded({ endpoint: 'two', outcome: 'failed' }));
    source.emit({ type: 'endpoint-ejected', endpoint: 'two', forMs: 1_000, cause: 'unreachable' });
    pass(500);
    const [one, two] = (await stream.nextFrame()).endpoints;
    expect(one).toMatchObject({
      name: 'one',
      tier: 0,
      state: 'available',
      ejectionCause: null,
      inFlight: 2,
      winRatio: 1,
      successRatio: 1,
      attemptsPerSecond: 1,
      ejections: 0,
      latencyMs: { p50: 1.2, p95: 20, p99: 30.1 },
      totals: { attempts: 11, wins: 3, failures: 2 },
    });
    expect(two).toMatchObject({
      tier: 1,
      state: 'ejected',
      backInMs: 100,
      ejectionCause: 'failures',
      winRatio: 0,
      successRatio: 0,
      ejections: 1,
      latencyMs: null,
    });
  });

  test('count an attempt once, whose end was told before that of its request', async () => {
    stopTime();
    const { source, view } = await serve();
    source.emit(requestEnded());
    const stream = await viewer(view);
    pass(1_000);
    source.emit(attemptEnded(), requestEnded());
    pass(500);
    const isCounted = ({ endpoints }: Frame) => endpoints[0]?.activity.reduce((sum, count) => sum + count, 0) === 2;
    await stream.frame((frame) => frame.clients.totals.requests === 2 && isCounted(frame));
  });

  test('show no more than 64 endpoints, and say how many there are besides', async () => {
    const { source, view } = await serve();
    source.endpoints = Array.from({ length: 100 }, (_, index) => snapshotOf(`endpoint ${index}`));
    const frame = await (await view()).frame(() => true);
    expect([frame.endpoints.length, frame.moreEndpoints]).toEqual([64, 36]);
  });

  test('bring each race once, without its query', async () => {
    stopTime();
    const { source, view } = await serve();
    const stream = await viewer(view);
    for (const url of ['/1?token=secret', '/2']) {
      source.emit(requestEnded({ url }));
      pass(500);
    }
    await stream.frame(({ races }) => races[0]?.path === '/2');
    expect(stream.frames.map(({ races }) => races.map(({ path }) => path))).toEqual([[], ['/1'], ['/2']]);
    expect(stream.text).not.toContain('secret');
  });

  test('do not come when nothing is new, but for a heartbeat', async () => {
    stopTime();
    const { source, view } = await serve();
    const stream = await viewer(view);
    pass(500);
    await stream.frame(() => stream.frames.length === 2);
    pass(5_000);
    await until(() => stream.text.endsWith('event: heartbeat\ndata:\n\n'));
    source.hedgesDenied = 1;
    pass(500);
    await stream.frame(({ hedgesDenied }) => hedgesDenied === 1);
    expect(stream.text.match(/heartbeat/g)).toHaveLength(1);
    expect(stream.frames).toHaveLength(3);
  });

  test('stay within one line, whatever they contain', async () => {
    const { source, view } = await serve();
    source.endpoints = [snapshotOf('a\n\ndata: {}\r\r\u2028')];
    const frame = await (await view()).frame(() => true);
    expect(frame.endpoints[0]?.name).toBe('a\n\ndata: {}\r\r\u2028');
  });

  test('come at once after a change that a viewer has made', async () => {
    stopTime();
    const { source, url, view } = await serve({ allowActions: true });
    const stream = await viewer(view);
    source.endpoints = [snapshotOf('one', { state: 'drained' })];
    await request(`${url}endpoints/one/drain`, { method: 'POST', headers: { Origin: url } });
    await stream.frame(({ endpoints }) => endpoints[0]?.state === 'drained');
  });

  test('are skipped for a viewer who is slow, who is told everything later', async () => {
    stopTime();
    const { source, server, view } = await serve();
    const [slow, quick] = [await viewer(view), await viewer(view)];
    slow.pause();
    const big = 'x'.repeat(500_000);
    const buffered = () => [...server.sockets].reduce((total, socket) => total + socket.writableLength, 0);
    const isLast = ({ endpoints }: Frame) => endpoints[0]?.name === `40 ${big}`;
    for (let i = 1; i <= 40; i++) {
      source.endpoints = [snapshotOf(`${i} ${big}`)];
      source.emit(requestEnded({ url: `/${i}` }));
      pass(500);
      await quick.frame(({ endpoints }) => endpoints[0]?.name === `${i} ${big}`);
      // The frame that they are at, and nothing of the others.
      expect(buffered()).toBeLessThan(600_000);
    }
    slow.resume();
    // Nothing is new for the others any more.
    await until(() => {
      pass(500);
      return slow.frames.some(isLast);
    });
    expect(slow.frames.length).toBeLessThan(quick.frames.length - 10);
    expect(slow.frames.find(isLast)?.races).toHaveLength(40);
  });

  test('are written no more for one who takes nothing for a minute', async () => {
    stopTime();
    const { source, server, view } = await serve();
    const stream = await viewer(view);
    stream.pause();
    for (let i = 0; server.sockets.size > 0; i++) {
      source.endpoints = [snapshotOf(`${i} ${'x'.repeat(1_000_000)}`)];
      pass(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => source.observers.size, 1);
  });
});

describe('the memory of a dashboard', () => {
  async function loadAgainAfter(ms: number) {
    stopTime();
    const { source, view } = await serve();
    const stream = await viewer(view);
    source.emit(requestEnded(), { type: 'endpoint-ejected', endpoint: 'one', forMs: 1_000, cause: 'unreachable' });
    pass(500);
    await stream.frame(({ races }) => races.length === 1);
    stream.close();
    await until(() => source.observers.size, 1);
    pass(ms);
    const { races, endpoints, clients } = await (await view()).frame(() => true);
    return { races: races.length, ejections: endpoints[0]?.ejections, successRatio: clients.successRatio };
  }

  test('lasts while a page is loaded again', async () => {
    expect(await loadAgainAfter(3_000)).toEqual({ races: 1, ejections: 1, successRatio: 1 });
  });

  test('has the last races and ejections, but no ratios, after a minute without requests', async () => {
    expect(await loadAgainAfter(61_000)).toEqual({ races: 1, ejections: 1, successRatio: null });
  });
});

describe('close', () => {
  test('ends all streams, so that the server can close, and refuses new ones', async () => {
    const { dashboard, source, server, url, view } = await serve();
    const before = activeResources();
    const streams = [await viewer(view), await viewer(view)];
    dashboard.close();
    // Not only when the clients have left: nothing may be written after the end.
    expect(source.observers.size).toBe(0);
    await until(() => streams.every(({ hasEnded }) => hasEnded));
    await left(server);
    expect((await request(`${url}events`)).status).toBe(503);
    expect((await request(url)).status).toBe(200);
    await left(server);
    expect(await surplusOver(before)).toEqual({});
  });

  test('does not wait for a viewer who takes nothing', async () => {
    stopTime();
    const { dashboard, source, server, view } = await serve();
    const stream = await viewer(view);
    stream.pause();
    for (let i = 0; i < 40; i++) {
      source.endpoints = [snapshotOf(`${i} ${'x'.repeat(1_000_000)}`)];
      pass(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    dashboard.close();
    await left(server);
  });

  test('may come twice, and before anybody looked', async () => {
    const { dashboard } = await serve();
    dashboard.close();
    dashboard.close();
  });
});
