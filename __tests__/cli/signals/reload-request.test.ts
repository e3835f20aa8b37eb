import { watchForReload } from '../../../src/cli/signals/reload-request.ts';

const testWhereSignalsAre = process.platform === 'win32' ? test.skip : test;

afterEach(() => void process.removeAllListeners('SIGHUP'));

/** Reloads that end when the test says so. */
function heldReloads() {
  const held: Array<() => void> = [];
  return { held, reload: () => new Promise<void>((resolve) => held.push(resolve)) };
}

/** Lets everything happen that can happen now. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('watchForReload', () => {
  testWhereSignalsAre(
    'reloads once more after a reload during which signals came, and never two at a time',
    async () => {
      const { held, reload } = heldReloads();
      watchForReload({ until: new Promise(() => {}) })(reload);
      for (let i = 0; i < 3; i++) process.emit('SIGHUP');
      await settle();
      expect(held).toHaveLength(1);
      held[0]?.();
      await settle();
      expect(held).toHaveLength(2);
      held[1]?.();
      await settle();
      expect(held).toHaveLength(2);
      process.emit('SIGHUP');
      expect(held).toHaveLength(3);
    },
  );

  testWhereSignalsAre('does not forget a signal that comes before anybody can reload', async () => {
    const { held, reload } = heldReloads();
    const reloadBy = watchForReload({ until: new Promise(() => {}) });
    process.emit('SIGHUP');
    await settle();
    reloadBy(reload);
    expect(held).toHaveLength(1);
  });

  testWhereSignalsAre('ignores signals when the end has begun', async () => {
    const { held, reload } = heldReloads();
    const end = Promise.withResolvers<void>();
    watchForReload({ until: end.promise })(reload);
    process.emit('SIGHUP');
    end.resolve();
    await settle();
    process.emit('SIGHUP');
    held[0]?.();
    await settle();
    expect(held).toHaveLength(1);
  });
});
