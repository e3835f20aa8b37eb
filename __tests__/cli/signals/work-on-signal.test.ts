import { EventEmitter } from 'node:events';
import { watchForWork } from '../../../src/cli/signals/work-on-signal.ts';

let signalled: EventEmitter & { readonly platform: NodeJS.Platform; exit(): void };
beforeEach(() => {
  signalled = Object.assign(new EventEmitter(), { platform: 'linux' as const, exit() {} });
});

/** Reloads that end when the test says so. */
function heldReloads() {
  const held: Array<() => void> = [];
  return { held, reload: () => new Promise<void>((resolve) => held.push(resolve)) };
}

/** Lets everything happen that can happen now. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('watchForWork', () => {
  test('reloads once more after a reload during which signals came, and never two at a time', async () => {
    const { held, reload } = heldReloads();
    watchForWork(signalled, ['SIGHUP'])(reload);
    for (let i = 0; i < 3; i++) signalled.emit('SIGHUP');
    await settle();
    expect(held).toHaveLength(1);
    held[0]?.();
    await settle();
    expect(held).toHaveLength(2);
    held[1]?.();
    await settle();
    expect(held).toHaveLength(2);
    signalled.emit('SIGHUP');
    expect(held).toHaveLength(3);
  });

  test('does not forget a signal that comes before anybody can reload', async () => {
    const { held, reload } = heldReloads();
    const reloadBy = watchForWork(signalled, ['SIGHUP']);
    signalled.emit('SIGHUP');
    await settle();
    reloadBy(reload);
    expect(held).toHaveLength(1);
  });

  test('ignores signals when the end has begun', async () => {
    const { held, reload } = heldReloads();
    const end = Promise.withResolvers<void>();
    watchForWork(signalled, ['SIGHUP'], end.promise)(reload);
    signalled.emit('SIGHUP');
    end.resolve();
    await settle();
    signalled.emit('SIGHUP');
    held[0]?.();
    await settle();
    expect(held).toHaveLength(1);
  });
});
