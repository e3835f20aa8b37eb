import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContractCase } from '../stage/contract-case.ts';
import { hanging } from '../stage/servers.ts';
import { becomingIdle, type Stage } from '../stage/stage.ts';

/** Timers that keep the process alive at this moment, of whoever set them. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** How an attempt ends whose connection is only being opened. */
const ends: ReadonlyArray<readonly [how: string, end: (abort: AbortController, stage: Stage) => unknown]> = [
  ['is cancelled', (abort) => abort.abort()],
  ['is cancelled for no reason', (abort) => abort.abort(null)],
  ['has its transport closed', (_, stage) => stage.transport.close()],
];

const leavesNothingBehind = ends.map(
  ([how, end]): ContractCase => ({
    name: `leaves no connection behind that is being opened for a request that ${how}`,
    async play(stage) {
      const isOpening = Promise.withResolvers<void>();
      const silent = await stage.startTcp((socket) => {
        socket.resume();
        isOpening.resolve();
      });
      const before = timers();
      const abort = new AbortController();
      const url = silent.url.replace('http://127.0.0.1', 'https://localhost');
      const sending = stage.send(url, { connectMs: 60_000 }, abort.signal).catch(() => {});
      await isOpening.promise;
      await end(abort, stage);
      await sending;
      await stage.transport.close();
      await silent.idle();
      // The runner of the tests may have timers of its own for a moment.
      for (let turn = 0; timers() > before && turn < 200; turn++) await pause(10);
      assert.ok(timers() <= before, 'a timer is left');
    },
  }),
);

const cancelsBeforeHead: ContractCase = {
  name: 'cancels before the head with the reason of the signal and closes the connection',
  isForHttp2: true,
  async play(stage) {
    const asked = Promise.withResolvers<void>();
    const server = await stage.start(() => asked.resolve());
    const abort = new AbortController();
    const sending = stage.send(server.url, {}, abort.signal);
    await asked.promise;
    abort.abort(new Error('enough'));
    await assert.rejects(sending, /enough/);
    await stage.untilGone(server);
  },
};

const cancelsAtOnce: ContractCase = {
  name: 'cancels in the turn in which it was sent, whatever the reason',
  isForHttp2: true,
  async play(stage) {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    stage.use({ close: () => process.off('unhandledRejection', onUnhandled) });
    const server = await stage.start(hanging);
    for (const turns of [0, 1, 2, 3, 5, 8]) {
      const abort = new AbortController();
      const sending = stage.send(server.url, {}, abort.signal);
      for (let turn = 0; turn < turns; turn++) await undefined;
      abort.abort();
      await assert.rejects(sending, (thrown) => thrown === abort.signal.reason);
    }
    // A connection that comes too late may be kept for the next request.
    await becomingIdle();
    await stage.transport.close();
    await server.idle();
    assert.deepEqual(unhandled, []);
  },
};

const cancelsWithinBody: ContractCase = {
  name: 'cancels within the body',
  isForHttp2: true,
  async play(stage) {
    const server = await stage.start((_, res) => void res.write('first'));
    const abort = new AbortController();
    const { body } = await stage.send(server.url, {}, abort.signal);
    abort.abort();
    await new Promise((resolve) => body.once('close', resolve));
    await stage.untilGone(server);
  },
};

const sendsNothingTooLate: ContractCase = {
  name: 'sends nothing for a signal that has fired already',
  isForHttp2: true,
  async play(stage) {
    const server = await stage.start(hanging);
    await assert.rejects(stage.send(server.url, {}, AbortSignal.abort(new Error('too late'))), /too late/);
    assert.equal(server.accepted, 0);
  },
};

/** Counts the listeners of a signal. */
function counted(signal: AbortSignal): { readonly listeners: () => number } {
  let listeners = 0;
  const count = (by: number, original: (...args: never[]) => unknown) =>
    function countedCall(this: AbortSignal, ...args: never[]) {
      listeners += by;
      return original.apply(this, args);
    };
  Object.assign(signal, {
    addEventListener: count(1, signal.addEventListener as never),
    removeEventListener: count(-1, signal.removeEventListener as never),
  });
  return { listeners: () => listeners };
}

const leavesNoListener: ContractCase = {
  name: 'leaves no listener on the signal when the body has ended',
  isForHttp2: true,
  async play(stage) {
    const isAwaited = Promise.withResolvers<void>();
    const server = await stage.start((_, res) => {
      res.write('first');
      void isAwaited.promise.then(() => res.end());
    });
    const { signal } = new AbortController();
    const { listeners } = counted(signal);
    const { body } = await stage.send(server.url, {}, signal);
    assert.equal(listeners(), 1);
    isAwaited.resolve();
    body.resume();
    await once(body, 'close');
    assert.equal(listeners(), 0);
  },
};

/** Cases about the signal of an attempt. */
export const cancelCases: readonly ContractCase[] = [
  ...leavesNothingBehind,
  cancelsBeforeHead,
  cancelsAtOnce,
  cancelsWithinBody,
  sendsNothingTooLate,
  leavesNoListener,
];
