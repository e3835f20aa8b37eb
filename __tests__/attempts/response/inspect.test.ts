import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BodyBeginning } from '../../../src/attempts/response/beginning.ts';
import { Inspection } from '../../../src/attempts/response/inspect.ts';

const limitBytes = 8;

/** A stream that gives these chunks and ends, unless the test does that later. */
function streamOf(...chunks: string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream;
}

const endedStreamOf = (...chunks: string[]): PassThrough => streamOf(...chunks).end();

/** A look at a body, whose beginning is read up to 64 KiB or, of a stream that is silent, for a minute. */
function lookAt(content: Buffer | Readable, inspectLimitBytes = limitBytes, headers: readonly string[] = []) {
  const whole = content instanceof Readable ? undefined : content;
  const body = content instanceof Readable ? content : Readable.from([]);
  const response = { status: 200, statusText: '', headers, body, trailers: () => [], takeWhole: () => whole };
  const limits = { maxBytes: 65_536, idleMs: 60_000, announcedBytes: undefined };
  const beginning = new BodyBeginning(response, limits);
  const inspection = new Inspection(response, beginning, { inspectLimitBytes, holdMs: 60_000 });
  return { beginning, inspection, ...inspection.shown };
}

/** What whoever sends the body gets of it. */
async function sentOf(content: Buffer | Readable): Promise<string> {
  return content instanceof Readable ? text(content) : content.toString();
}

describe('the beginning of a body', () => {
  test.each([
    ['', ''],
    ['short', 'short'],
    ['12345678', '12345678'],
    ['123456789', '12345678'],
  ])('that is here already is cut at the limit: %j', async (whole, beginning) => {
    const content = Buffer.from(whole);
    const look = lookAt(content);
    expect((await look.body()).toString()).toBe(beginning);
    expect(look.beginning.finish()).toBe(content);
  });

  test.each<{ chunks: string[]; beginning: string }>([
    { chunks: [], beginning: '' },
    { chunks: ['short'], beginning: 'short' },
    { chunks: ['1', '2', '3'], beginning: '123' },
    { chunks: ['1234', '5678'], beginning: '12345678' },
    { chunks: ['12345', '67890', 'more'], beginning: '12345678' },
    { chunks: ['1234567890', 'more'], beginning: '12345678' },
  ])('that streams is cut at the limit, and sent whole: $chunks', async ({ chunks, beginning }) => {
    const look = lookAt(endedStreamOf(...chunks));
    expect((await look.body()).toString()).toBe(beginning);
    expect(await sentOf(look.beginning.finish())).toBe(chunks.join(''));
  });

  test('is all of a stream that ends before the limit, which is a Buffer from then on', async () => {
    const look = lookAt(endedStreamOf('short'));
    await look.body();
    expect(look.beginning.finish()).toEqual(Buffer.from('short'));
  });

  test('comes as soon as the limit is reached, and the stream is paused', async () => {
    const stream = streamOf('1234', '5678');
    const look = lookAt(stream);
    expect((await look.body()).toString()).toBe('12345678');
    expect(stream.isPaused()).toBe(true);
    stream.end('more');
    const content = look.beginning.finish();
    expect(content).toBe(stream);
    expect(await sentOf(content)).toBe('12345678more');
  });

  test('is empty with a limit of 0', async () => {
    const look = lookAt(endedStreamOf('123'), 0);
    expect(await look.body()).toEqual(Buffer.alloc(0));
    expect(await sentOf(look.beginning.finish())).toBe('123');
  });

  test('is read once, however often it is asked for', async () => {
    const { body, beginning } = lookAt(endedStreamOf('12345', '67890'));
    const [first, second] = await Promise.all([body(), body()]);
    expect(second).toBe(first);
    expect(await body()).toBe(first);
    expect(await sentOf(beginning.finish())).toBe('1234567890');
  });

  test.each<[string, (stream: PassThrough) => void]>([
    ['breaks off', (stream) => stream.destroy(new Error('reset'))],
    ['is closed before its end', (stream) => stream.destroy()],
  ])('is an error when the stream %s', async (_, end) => {
    const stream = streamOf('1234');
    const { beginning, body } = lookAt(stream);
    const reading = body();
    end(stream);
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST' });
    beginning.letGo();
    expect(['data', 'end', 'close'].map((name) => stream.listenerCount(name))).toEqual([0, 0, 0]);
  });

  test('is an error when the stream was destroyed before', async () => {
    const stream = streamOf('1234').destroy();
    await once(stream, 'close');
    await expect(lookAt(stream).body()).rejects.toMatchObject({
      code: 'ERR_BRP_CONNECTION_LOST',
    });
  });

  test('is empty when the stream had ended before', async () => {
    const stream = endedStreamOf();
    for await (const _ of stream);
    expect(await lookAt(stream).body()).toEqual(Buffer.alloc(0));
  });

  test('may break off with nobody waiting for it', async () => {
    const stream = streamOf('1234');
    void lookAt(stream).body();
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    stream.destroy(new Error('reset'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});

describe('a body that nobody has looked at', () => {
  test('is the very stream that came, which flows to whoever listens', async () => {
    const stream = endedStreamOf('123');
    const { inspection, beginning } = lookAt(stream);
    expect(inspection.isUntouched).toBe(true);
    await inspection.close();
    expect(beginning.finish()).toBe(stream);
    expect(stream.readableFlowing).toBeNull();
  });

  test('is looked at no more once it is closed', async () => {
    const { inspection, beginning, body } = lookAt(endedStreamOf('123'));
    await inspection.close();
    await expect(body()).rejects.toThrow('judged already');
    expect(await sentOf(beginning.finish())).toBe('123');
  });
});

describe('closing a body', () => {
  test('waits for a look that is under way', async () => {
    const stream = streamOf('1234');
    const { inspection, body } = lookAt(stream);
    const order: string[] = [];
    const looked = body().then(() => order.push('looked'));
    const closed = inspection.close().then(() => order.push('closed'));
    stream.end();
    await Promise.all([looked, closed]);
    expect(order).toEqual(['looked', 'closed']);
    expect(inspection.isUntouched).toBe(false);
  });

  test.each(['firstChunk', 'firstEvent'] as const)('waits for no %s, which may never come', async (look) => {
    const { inspection, beginning, ...shown } = lookAt(streamOf(), limitBytes, ['Content-Type', 'text/event-stream']);
    const looked = expect(shown[look]()).rejects.toThrow('judged already');
    await inspection.close();
    beginning.finish();
    await looked;
  });

  test('leaves what was read to those who ask again', async () => {
    const { inspection, body } = lookAt(endedStreamOf('123'));
    const before = await body();
    await inspection.close();
    expect(await body()).toBe(before);
  });
});

describe('what is shown', () => {
  test('shows status, headers as in node:http, and the beginning of the body', async () => {
    const headers = ['Content-Type', 'a', 'Set-Cookie', 'b=1', 'set-cookie', 'c=2', 'X-More', '1', 'x-more', '2'];
    const response = lookAt(Buffer.from('1234567890'), limitBytes, headers);
    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ 'content-type': 'a', 'set-cookie': ['b=1', 'c=2'], 'x-more': '1, 2' });
    const { body } = response;
    expect((await body()).toString()).toBe('12345678');
  });
});
