import { jest } from '@jest/globals';
import type { WorkerState } from '../../../src/cli/cluster/messages.ts';
import { pack } from '../../../src/cli/cluster/packed-events.ts';
import type { WorkerHandle } from '../../../src/cli/cluster/worker-handle.ts';
import { WorkersChronicle } from '../../../src/cli/cluster/workers-chronicle.ts';
import { WorkersSource } from '../../../src/cli/cluster/workers-source.ts';
import type { EndpointSnapshot, ProxyEvent } from '../../../src/index.ts';
import { History } from '../../../src/observers/dashboard/history/history.ts';
import type { HistoryRecord } from '../../../src/observers/dashboard/history/history-record.ts';
import { attemptEnded, requestEnded } from '../../observers/dashboard/fake-source.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function stateOf(wins: number, changes: Partial<EndpointSnapshot> = {}): WorkerState {
  const counts = { inFlight: 0, successes: wins, wins, failures: 0, timeouts: 0, cancelled: 0 };
  const snapshot = {
    tier: 0,
    state: 'available',
    backInMs: 0,
    ejectionCause: undefined,
    healthRatio: 1,
    latencyMs: undefined,
    latencyCount: 0,
    ...counts,
  } as const;
  return { endpoints: [{ name: 'a', ...snapshot, ...changes }], hedgesDenied: wins };
}

/** A worker that answers with a state, and what it was told. */
class FakeWorker {
  readonly told: unknown[] = [];
  readonly number: number;
  state: WorkerState | undefined;
  asked = 0;
  record: HistoryRecord | undefined;

  constructor(number: number, state: WorkerState | undefined) {
    this.number = number;
    this.state = state;
  }

  async askInTime(name: string, asked: unknown): Promise<WorkerState | HistoryRecord | undefined> {
    if (name === 'watch') {
      this.told.push([name, asked]);
      return this.record;
    }
    this.asked++;
    return this.state;
  }

  tell(...order: readonly unknown[]): void {
    this.told.push(order);
  }
}

/** @param found what DNS has given, where it is asked. */
function sourceOf(workers: readonly FakeWorker[], endpoints = ['a'], found?: readonly string[]) {
  return new WorkersSource({
    workers: workers as readonly object[] as WorkerHandle[],
    endpoints: () => endpoints,
    names: { endpoints: found ?? [], hasSeen: (endpoint) => found?.includes(endpoint) ?? false },
    isByDns: () => found !== undefined,
  });
}

describe('the workers as one source', () => {
  test('show what all have counted, those that are gone included', async () => {
    const [one, two] = [new FakeWorker(1, stateOf(1)), new FakeWorker(2, stateOf(2))];
    const source = sourceOf([one, two]);
    expect(source.endpoints).toEqual([]);
    await source.refresh();
    expect(source.endpoints).toMatchObject([{ name: 'a', wins: 3 }]);
    expect(source.hedgesDenied).toBe(3);
    source.bury(one as object as WorkerHandle, undefined);
    source.bury(two as object as WorkerHandle, stateOf(5));
    one.state = undefined;
    two.state = stateOf(10);
    await source.refresh();
    expect(source.endpoints).toMatchObject([{ wins: 16 }]);
    expect(source.hedgesDenied).toBe(16);
  });

  test('show what a worker said last that does not answer any more', async () => {
    const worker = new FakeWorker(1, stateOf(1));
    const source = sourceOf([worker]);
    await source.refresh();
    worker.state = undefined;
    await source.refresh();
    expect(source.endpoints).toMatchObject([{ wins: 1 }]);
  });

  test('ask and listen only while somebody watches', async () => {
    const worker = new FakeWorker(1, stateOf(1));
    const source = sourceOf([worker]);
    await jest.advanceTimersByTimeAsync(5_000);
    expect([worker.asked, jest.getTimerCount(), source.isWatched]).toEqual([0, 0, false]);

    const unsubscribes = [source.subscribe(() => {}), source.subscribe(() => {})];
    await jest.advanceTimersByTimeAsync(4_000);
    expect([worker.asked, source.isWatched]).toEqual([11, true]);
    for (const unsubscribe of [...unsubscribes, ...unsubscribes]) unsubscribe();
    await jest.advanceTimersByTimeAsync(4_000);
    expect([worker.asked, jest.getTimerCount(), source.isWatched]).toEqual([11, 0, false]);
    expect(worker.told).toEqual([
      ['watch', true],
      ['watch', false],
    ]);
  });

  test('pass events on to everybody, whatever one of them makes of it', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const source = sourceOf([]);
    const event: ProxyEvent = { type: 'endpoint-drained', endpoint: 'a' };
    const heard: ProxyEvent[] = [];
    const unsubscribes = [
      source.subscribe(() => {
        throw new Error('no');
      }),
      source.subscribe((one) => heard.push(one)),
    ];
    source.report([pack(event)]);
    for (const unsubscribe of unsubscribes) unsubscribe();
    source.report([pack(event)]);
    expect(heard).toEqual([event]);
    expect(emitWarning).toHaveBeenCalledTimes(1);
    emitWarning.mockRestore();
  });

  test('pass events of some types alone on to whoever wants no others', () => {
    const source = sourceOf([]);
    const heard: string[] = [];
    const unsubscribe = source.subscribe(({ type }) => void heard.push(type), ['endpoint-restored']);
    for (const type of ['endpoint-drained', 'endpoint-restored'] as const)
      source.report([pack({ type, endpoint: 'a' })]);
    unsubscribe();
    expect(heard).toEqual(['endpoint-restored']);
  });

  test('drain and restore at every worker, and show that at once', async () => {
    const workers = [new FakeWorker(1, stateOf(0)), new FakeWorker(2, stateOf(0, { state: 'ejected', backInMs: 9 }))];
    const source = sourceOf(workers);
    await source.refresh();
    expect(source.endpoints).toMatchObject([{ state: 'ejected', backInMs: 9 }]);
    expect([source.drain('b'), source.drain('a')]).toEqual([false, true]);
    expect(source.endpoints).toMatchObject([{ state: 'drained', backInMs: 0 }]);
    expect(source.drained).toEqual(['a']);
    for (const worker of workers) worker.state = stateOf(0, { state: 'drained' });
    await source.refresh();
    expect([source.restore('b'), source.restore('a')]).toEqual([false, true]);
    expect(source.endpoints).toMatchObject([{ state: 'available' }]);
    expect(source.drained).toEqual([]);
    for (const { told } of workers) {
      expect(told).toEqual([
        ['drain', 'a'],
        ['restore', 'a'],
      ]);
    }
  });

  test('forget endpoints that are no longer configured', async () => {
    const worker = new FakeWorker(1, stateOf(1));
    const endpoints = ['a'];
    const source = sourceOf([worker], endpoints);
    await source.refresh();
    source.drain('a');
    endpoints[0] = 'b';
    source.forgetOthers();
    expect([source.endpoints, source.drained]).toEqual([[], []]);
  });

  test('show none that DNS gives no longer, unless it has something under way', async () => {
    const [idle, busy] = [{ name: 'idle' }, { name: 'busy', inFlight: 1 }];
    const workers = [idle, busy].map((changes, index) => new FakeWorker(index, stateOf(1, changes)));
    const source = new WorkersSource({
      workers: workers as readonly object[] as WorkerHandle[],
      endpoints: () => [],
      names: { endpoints: [], hasSeen: () => true },
      isByDns: () => true,
    });
    await source.refresh();
    expect(source.endpoints.map(({ name }) => name)).toEqual(['busy']);
  });

  test('show and drain the endpoints that DNS has given to any of them, whether or not it gives them now', async () => {
    const worker = new FakeWorker(1, stateOf(1));
    const source = sourceOf([worker], [], ['a', 'gone']);
    await source.refresh();
    expect(source.endpoints).toMatchObject([{ name: 'a', wins: 1 }]);
    expect(['a', 'gone', 'unseen'].map((name) => source.drain(name))).toEqual([true, true, false]);
    source.forgetOthers();
    expect(source.drained).toEqual(['a', 'gone']);
    expect(source.endpoints).toMatchObject([{ name: 'a', state: 'drained' }]);
    expect(source.restore('gone')).toBe(true);
    expect(source.drained).toEqual(['a']);
  });
});

describe('the chronicle of workers', () => {
  function workerThatServed(number: number, urls: readonly string[]): FakeWorker {
    const worker = new FakeWorker(number, stateOf(urls.length));
    const history = new History();
    for (const url of urls) {
      history.observe(requestEnded({ url }));
      jest.advanceTimersByTime(1);
    }
    worker.record = structuredClone(history.record);
    return worker;
  }

  test('has what all workers remember when a watch begins, and what they tell from then on', async () => {
    const source = sourceOf([
      workerThatServed(1, ['/1', '/2']),
      workerThatServed(2, ['/3']),
      new FakeWorker(3, undefined),
    ]);
    const { history, ready, end } = new WorkersChronicle(source).watch();
    await ready;
    source.report([requestEnded({ url: '/4' }), attemptEnded()].map(pack));
    expect(history.races.latest.map(({ path }) => path)).toEqual(['/1', '/2', '/3', '/4']);
    expect(history.clientFigures()).toMatchObject({ latencyCount: 4, totals: { requests: 4 } });
    end();
    expect([source.isWatched, jest.getTimerCount()]).toEqual([false, 0]);
  });

  test('begins each watch with what workers remember then', async () => {
    const worker = workerThatServed(1, ['/1']);
    const chronicle = new WorkersChronicle(sourceOf([worker]));
    chronicle.watch().end();
    const { history, ready } = chronicle.watch();
    await ready;
    expect(history.races.latest.map(({ path }) => path)).toEqual(['/1']);
  });
});
