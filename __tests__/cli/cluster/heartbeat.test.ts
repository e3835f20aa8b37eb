import { jest } from '@jest/globals';
import { Heartbeat } from '../../../src/cli/cluster/heartbeat.ts';
import { useFakeTime } from '../../helpers/fake-time.ts';
import { turns } from '../../helpers/turns.ts';

useFakeTime();

/** A worker that answers as long as it is well. */
class FakeWorker {
  isWell = true;
  asked = 0;

  ask(): Promise<never> {
    this.asked++;
    return this.isWell ? (Promise.resolve() as Promise<never>) : new Promise(() => {});
  }
}

/** A heartbeat, and what it has told so far. */
function watch(timeoutMs: number, ...workers: readonly FakeWorker[]) {
  const hung: (readonly [number, number])[] = [];
  const onHung = (worker: FakeWorker, silentMs: number) => void hung.push([workers.indexOf(worker), silentMs]);
  return { hung, heartbeat: new Heartbeat({ workers, timeoutMs, onHung }) };
}

async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed++) {
    jest.advanceTimersByTime(1_000);
    await turns(1);
  }
}

describe('a heartbeat', () => {
  test('tells once of a worker that gives no answer any more, and of no other one', async () => {
    const [good, bad] = [new FakeWorker(), new FakeWorker()];
    const { hung } = watch(10_000, good, bad);
    await pass(30);
    bad.isWell = false;
    await pass(10);
    expect(hung).toEqual([]);
    await pass(1);
    expect(hung).toEqual([[1, 10_000]]);
    await pass(100);
    expect(hung).toHaveLength(1);
  });

  test('asks once a second, and nothing more of a worker that owes an answer', async () => {
    const [good, bad] = [new FakeWorker(), new FakeWorker()];
    watch(10_000, good, bad);
    await pass(5);
    bad.isWell = false;
    await pass(5);
    expect([good.asked, bad.asked]).toEqual([10, 6]);
  });

  test('gives a worker that has never answered six times as long', async () => {
    const worker = new FakeWorker();
    worker.isWell = false;
    const { hung } = watch(10_000, worker);
    await pass(60);
    expect(hung).toEqual([]);
    await pass(1);
    expect(hung).toEqual([[0, 60_000]]);
  });

  test('forgives a worker that answers in time', async () => {
    const worker = new FakeWorker();
    const answer = Promise.withResolvers<never>();
    const { hung } = watch(10_000, worker);
    await pass(1);
    jest.spyOn(worker, 'ask').mockReturnValueOnce(answer.promise);
    await pass(9);
    answer.resolve(undefined as never);
    await pass(30);
    expect(hung).toEqual([]);
  });

  test('blames nobody for the time in which this process itself stood still', async () => {
    const worker = new FakeWorker();
    const { hung } = watch(10_000, worker);
    await pass(1);
    worker.isWell = false;
    await pass(5);
    // As after a sleep of the machine: the clock is an hour ahead, and one timer has run.
    jest.setSystemTime(Date.now() + 3_600_000);
    await pass(1);
    expect(hung).toEqual([]);
  });

  test('knows after half of ten seconds that a worker cannot be counted on', async () => {
    const worker = new FakeWorker();
    const { heartbeat } = watch(10_000, worker);
    expect(heartbeat.isAlive(worker)).toBe(true);
    await pass(10);
    worker.isWell = false;
    await pass(5);
    expect(heartbeat.isAlive(worker)).toBe(true);
    await pass(1);
    expect(heartbeat.isAlive(worker)).toBe(false);
  });

  test('is none for a time of 0', async () => {
    const worker = new FakeWorker();
    watch(0, worker);
    expect(jest.getTimerCount()).toBe(0);
  });
});
