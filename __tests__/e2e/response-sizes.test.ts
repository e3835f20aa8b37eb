import { head, type RawListener, sendRaw, startRaw } from '../helpers/raw.ts';
import { answered, closing, date, get, ok, oldGet, resources } from './answered.ts';

/** Answers with these bytes, then dies. */
const dying =
  (bytes: string): RawListener =>
  (socket) =>
    void socket.write(bytes, 'latin1', () => setImmediate(() => socket.resetAndDestroy()));

describe('a small response', () => {
  const smallest = 'x'.repeat(65_536);
  const start = (length: number) => head('HTTP/1.1 200 OK', date, `Content-Length: ${length}`);

  test.each<[string, string, RawListener]>([
    ['dies in the middle', 'race', dying(`${start(65_536)}half`)],
    ['dies in the middle', 'failover', dying(`${start(4)}hal`)],
    ['dies before the first byte', 'failover', dying(start(4))],
    ['dies before the last byte', 'failover', dying(start(65_536) + smallest.slice(1))],
    ['closes in the middle', 'failover', closing(`${start(4)}hal`)],
    ['falls silent in the middle', 'failover', (socket) => void socket.write(`${start(4)}hal`)],
  ])('of an endpoint that %s is replaced by that of another: %s', async (_, strategy, listener) => {
    const bad = resources.use(await startRaw(listener));
    const badIsDone = Promise.withResolvers<void>();
    const good = resources.use(
      await startRaw(async (socket) => {
        if (strategy === 'race') await badIsDone.promise;
        socket.write(`${ok}ok`);
      }),
    );
    const options = { strategy: strategy as 'race', timeouts: { idleMs: 50 } };
    const served = await resources.serve({ endpoints: [bad.url, good.url], ...options });
    served.proxy.subscribe((event) => event.type === 'attempt-ended' && badIsDone.resolve());
    expect((await sendRaw(served.url, get)).text).toMatch(/\r\n\r\nok$/);
    expect(served.events.at(-1)).toMatchObject({ winner: good.url, attempts: [{ status: 200 }, { outcome: 'won' }] });
  });

  test('that no endpoint can complete is answered with an error, not cut short', async () => {
    const { text } = await answered(dying(`${start(4)}hal`));
    expect(text).toMatch(/^HTTP\/1.1 502 [\s\S]*502 ERR_BRP_EXHAUSTED\n$/);
  });

  test('of 65,536 bytes arrives whole', async () => {
    expect((await answered(start(65_536) + smallest)).text.endsWith(`\r\n\r\n${smallest}`)).toBe(true);
  });
});

describe('a response that is not small', () => {
  const framings = [
    ['of 65,537 bytes', head('HTTP/1.1 200 OK', date, 'Content-Length: 65537'), 'x'],
    ['that is chunked', head('HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked'), '1\r\nx\r\n'],
    ['that ends with the connection', head('HTTP/1.0 200 OK', date), 'x'],
  ] as const;

  test.each(framings)('is streamed, and at the end of its hold at the latest: %s', async (_, start, first) => {
    const firstCame = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(start + first);
        firstCame.promise.then(() => socket.destroy());
      }),
    );
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    await sendRaw(url, get, (soFar) => /\r\n\r\n(1\r\n)?x/.test(soFar) && firstCame.resolve());
    await firstCame.promise;
  });

  test.each(
    framings.flatMap(([name, ...more]) => [[name, 'HTTP/1.1', ...more] as const, [name, 'HTTP/1.0', ...more] as const]),
  )('is visibly broken when the endpoint dies within it: %s, to a client of %s', async (_, version, start, first) => {
    const firstCame = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(start + first);
        firstCame.promise.then(() => socket.resetAndDestroy());
      }),
    );
    const served = await resources.serve({ endpoints: [endpoint.url] });
    const { text, isReset } = await sendRaw(
      served.url,
      version === 'HTTP/1.1' ? get : oldGet,
      (soFar) => /\r\n\r\n(1\r\n)?x/.test(soFar) && firstCame.resolve(),
    );
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    const isFramed = /^(content-length|transfer-encoding):/im.test(text);
    expect(isFramed ? !text.endsWith('0\r\n\r\n') : isReset).toBe(true);
    await served.proxy.close();
    expect(served.events.at(-1)).toMatchObject({ status: 200, error: { code: 'ERR_BRP_CONNECTION_LOST' } });
  });

  const unusable = head('HTTP/1.1 500 Half', date, 'X-Its: 1', 'Content-Length: 9');

  test('and not usable is visibly broken, too, when nothing better came', async () => {
    const large = unusable.replace('Content-Length: 9', 'Content-Length: 90000');
    const halfCame = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startRaw((socket) => {
        socket.write(`${large}half`);
        halfCame.promise.then(() => socket.resetAndDestroy());
      }),
    );
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const { text } = await sendRaw(url, get, (soFar) => soFar.endsWith('half') && halfCame.resolve());
    expect(text).toBe(`${large.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}half`);
  });

  test('and broke off while it was kept for want of a better one gives way to an error', async () => {
    const broken = resources.use(await startRaw(dying(`${unusable}half`)));
    const late = resources.use(
      await startRaw(async (socket) => {
        await broken.idle();
        setImmediate(() => socket.resetAndDestroy());
      }),
    );
    const { url } = await resources.serve({ endpoints: [broken.url, late.url] });
    const { text } = await sendRaw(url, get);
    expect(text).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n[\s\S]*502 ERR_BRP_EXHAUSTED\n$/);
    expect(text).not.toContain('X-Its');
  });
});
