import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BodyBeginning } from '../../../src/attempts/response/beginning.ts';
import type { UpstreamResponse } from '../../../src/transports/message/transport.ts';
import { turns } from '../../helpers/turns.ts';

interface Settings extends Partial<Pick<UpstreamResponse, 'takeWhole' | 'isUploading'>> {
  readonly maxBytes?: number;
  readonly idleMs?: number;
  readonly announcedBytes?: number;
}

function beginningOf(
  body: Readable,
  { maxBytes = Infinity, idleMs = Infinity, announcedBytes, ...more }: Settings = {},
) {
  const response = { status: 200, statusText: '', headers: [], body, trailers: () => [], ...more };
  return new BodyBeginning(response, { maxBytes, idleMs, announcedBytes });
}

const never = () => false;
const listeners = (stream: Readable) => ['data', 'end', 'error', 'close'].map((name) => stream.listenerCount(name));
const untouched = listeners(new PassThrough());

/** What whoever sends the body gets of it. */
const sentOf = async (content: Buffer | Readable) => (content instanceof Readable ? text(content) : content.toString());

describe('the beginning of a body', () => {
  test('is all of a body that ends, as a Buffer', async () => {
    const stream = new PassThrough();
    const beginning = beginningOf(stream);
    const reading = beginning.until(never);
    stream.write('who');
    stream.end('le');
    await reading;
    expect([beginning.isWhole, beginning.bytes]).toEqual([true, 5]);
    expect(beginning.finish()).toEqual(Buffer.from('whole'));
    expect(listeners(stream)).toEqual(untouched);
  });

  test('is taken from the transport where all of it is there', async () => {
    const whole = Buffer.from('whole');
    const beginning = beginningOf(new PassThrough(), { takeWhole: () => whole });
    await beginning.until(never);
    expect(beginning.finish()).toBe(whole);
  });

  test('is all of a body that has ended before anybody reads', async () => {
    const stream = Readable.from([]);
    for await (const _ of stream);
    const beginning = beginningOf(stream);
    await beginning.until(never);
    expect(beginning.finish()).toEqual(Buffer.alloc(0));
  });

  test('is what has come when the time is over, and is put back', async () => {
    const stream = new PassThrough();
    stream.write('first ');
    const beginning = beginningOf(stream);
    await beginning.until(never, 10);
    expect([beginning.isWhole, beginning.received().toString()]).toEqual([false, 'first ']);
    const content = beginning.finish();
    expect([content, stream.isPaused(), listeners(stream)]).toEqual([stream, true, untouched]);
    stream.end('last');
    expect(await sentOf(content)).toBe('first last');
  });

  test('is put back also when its last chunk was read, and the stream is about to end', async () => {
    const stream = new PassThrough();
    const beginning = beginningOf(stream, { maxBytes: 4 });
    const reading = beginning.until(never);
    stream.end('last');
    await reading;
    expect(await sentOf(beginning.finish())).toBe('last');
  });

  test.each([
    [1, 1],
    [10, 10],
    [0, 1],
  ])('of at most %i chunks keeps the stream from bringing more', async (maxBytes, expected) => {
    let given = 0;
    const stream = new Readable({
      highWaterMark: 1,
      read() {
        this.push(String(given++ % 10));
      },
    });
    const beginning = beginningOf(stream, { maxBytes });
    await beginning.until(never);
    await turns(5);
    expect(beginning.bytes).toBe(expected);
    // A stream reads a chunk ahead.
    expect(given).toBeLessThanOrEqual(expected + 1);
    beginning.letGo();
  });

  test('flows only while somebody waits', async () => {
    const stream = new PassThrough();
    const beginning = beginningOf(stream);
    stream.write('one');
    await beginning.until(() => beginning.bytes > 0);
    stream.write('two');
    await turns(3);
    expect(beginning.bytes).toBe(3);
    await beginning.until(() => beginning.bytes > 3);
    expect(beginning.bytes).toBe(6);
    beginning.letGo();
  });

  test('wakes up each of those who wait when there is enough for them', async () => {
    const stream = new PassThrough();
    const beginning = beginningOf(stream);
    const woken: string[] = [];
    const waits = [
      beginning.until(() => beginning.bytes >= 2).then(() => woken.push('two')),
      beginning.until(() => beginning.bytes >= 1).then(() => woken.push('one')),
      beginning.until(never).then(() => woken.push('all')),
    ];
    for (const chunk of ['a', 'b', 'c']) {
      stream.write(chunk);
      await turns(2);
    }
    stream.end();
    await Promise.all(waits);
    expect(woken).toEqual(['one', 'two', 'all']);
  });

  test.each<[string, (stream: PassThrough) => unknown, string]>([
    ['breaks off', (stream) => stream.destroy(new Error('reset')), 'ERR_BRP_CONNECTION_LOST'],
    ['is closed', (stream) => stream.destroy(), 'ERR_BRP_CONNECTION_LOST'],
    ['is silent', () => {}, 'ERR_BRP_IDLE_TIMEOUT'],
    ['is shorter than announced', (stream) => stream.end(), 'ERR_BRP_CONNECTION_LOST'],
    ['is longer than announced', (stream) => stream.write('more than 9'), 'ERR_BRP_BAD_RESPONSE'],
  ])('is an error for all who wait when the body %s', async (_, act, code) => {
    const stream = new PassThrough();
    stream.write('half');
    const beginning = beginningOf(stream, { idleMs: 20, announcedBytes: 9 });
    const waits = [beginning.until(never), beginning.until(() => beginning.bytes > 4)];
    act(stream);
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code });
    await expect(beginning.until(never)).rejects.toMatchObject({ code });
    expect(() => beginning.finish()).toThrow(expect.objectContaining({ code }));
    expect(listeners(stream)).toEqual(untouched);
  });

  test('is an error when the body breaks off while nobody waits', async () => {
    const stream = new PassThrough();
    stream.write('half');
    const beginning = beginningOf(stream);
    await beginning.until(() => beginning.bytes > 0);
    stream.destroy();
    await turns(1);
    expect(() => beginning.finish()).toThrow(expect.objectContaining({ code: 'ERR_BRP_CONNECTION_LOST' }));
  });

  test('is no silence while the endpoint still reads the request', async () => {
    const stream = new PassThrough();
    let asked = 0;
    const beginning = beginningOf(stream, {
      idleMs: 10,
      isUploading: () => {
        if (++asked === 3) stream.end('late');
        return true;
      },
    });
    await beginning.until(never);
    expect(String(beginning.finish())).toBe('late');
  });

  test('ends the waiting, and leaves no listener, when the body is let go of', async () => {
    const stream = new PassThrough();
    const beginning = beginningOf(stream, { idleMs: 60_000 });
    const reading = beginning.until(never, 60_000);
    beginning.letGo();
    await expect(reading).rejects.toThrow('judged already');
    expect(listeners(stream)).toEqual(untouched);
  });
});
