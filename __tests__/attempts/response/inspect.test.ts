import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { InspectableBody, inspected } from '../../../src/attempts/response/inspect.ts';

const limitBytes = 8;

/** A stream that gives these chunks and ends, unless the test does that later. */
function streamOf(...chunks: string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream;
}

const endedStreamOf = (...chunks: string[]): PassThrough => streamOf(...chunks).end();

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
    const body = new InspectableBody(content, limitBytes);
    expect((await body.beginning()).toString()).toBe(beginning);
    expect(body.content).toBe(content);
  });

  test.each<{ chunks: string[]; beginning: string }>([
    { chunks: [], beginning: '' },
    { chunks: ['short'], beginning: 'short' },
    { chunks: ['1', '2', '3'], beginning: '123' },
    { chunks: ['1234', '5678'], beginning: '12345678' },
    { chunks: ['12345', '67890', 'more'], beginning: '12345678' },
    { chunks: ['1234567890', 'more'], beginning: '12345678' },
  ])('that streams is cut at the limit, and sent whole: $chunks', async ({ chunks, beginning }) => {
    const body = new InspectableBody(endedStreamOf(...chunks), limitBytes);
    expect((await body.beginning()).toString()).toBe(beginning);
    expect(await sentOf(body.content)).toBe(chunks.join(''));
  });

  test('is all of a stream that ends before the limit, which is a Buffer from then on', async () => {
    const body = new InspectableBody(endedStreamOf('short'), limitBytes);
    await body.beginning();
    expect(body.content).toEqual(Buffer.from('short'));
  });

  test('comes as soon as the limit is reached, and the stream is paused', async () => {
    const stream = streamOf('1234', '5678');
    const body = new InspectableBody(stream, limitBytes);
    expect((await body.beginning()).toString()).toBe('12345678');
    expect(stream.isPaused()).toBe(true);
    stream.end('more');
    expect(body.content).toBe(stream);
    expect(await sentOf(body.content)).toBe('12345678more');
  });

  test('is empty with a limit of 0', async () => {
    const body = new InspectableBody(endedStreamOf('123'), 0);
    expect(await body.beginning()).toEqual(Buffer.alloc(0));
    expect(await sentOf(body.content)).toBe('123');
  });

  test('is read once, however often it is asked for', async () => {
    const body = new InspectableBody(endedStreamOf('12345', '67890'), limitBytes);
    const [first, second] = await Promise.all([body.beginning(), body.beginning()]);
    expect(second).toBe(first);
    expect(await body.beginning()).toBe(first);
    expect(await sentOf(body.content)).toBe('1234567890');
  });

  test.each<[string, (stream: PassThrough) => void]>([
    ['breaks off', (stream) => stream.destroy(new Error('reset'))],
    ['is closed before its end', (stream) => stream.destroy()],
  ])('is an error when the stream %s', async (_, end) => {
    const stream = streamOf('1234');
    const beginning = new InspectableBody(stream, limitBytes).beginning();
    end(stream);
    await expect(beginning).rejects.toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST' });
    expect(['data', 'end', 'close'].map((name) => stream.listenerCount(name))).toEqual([0, 0, 0]);
  });

  test('is an error when the stream was destroyed before', async () => {
    const stream = streamOf('1234').destroy();
    await once(stream, 'close');
    await expect(new InspectableBody(stream, limitBytes).beginning()).rejects.toMatchObject({
      code: 'ERR_BRP_CONNECTION_LOST',
    });
  });

  test('is empty when the stream had ended before', async () => {
    const stream = endedStreamOf();
    for await (const _ of stream);
    const body = new InspectableBody(stream, limitBytes);
    expect(await body.beginning()).toEqual(Buffer.alloc(0));
  });

  test('may break off with nobody waiting for it', async () => {
    const stream = streamOf('1234');
    void new InspectableBody(stream, limitBytes).beginning();
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
    const body = new InspectableBody(stream, limitBytes);
    expect(body.isUntouched).toBe(true);
    await body.close();
    expect(body.content).toBe(stream);
    expect(stream.readableFlowing).toBeNull();
  });

  test('is looked at no more once it is closed', async () => {
    const body = new InspectableBody(endedStreamOf('123'), limitBytes);
    await body.close();
    await expect(body.beginning()).rejects.toThrow('judged already');
    expect(await sentOf(body.content)).toBe('123');
  });
});

describe('closing a body', () => {
  test('waits for a look that is under way', async () => {
    const stream = streamOf('1234');
    const body = new InspectableBody(stream, limitBytes);
    const order: string[] = [];
    const looked = body.beginning().then(() => order.push('looked'));
    const closed = body.close().then(() => order.push('closed'));
    stream.end();
    await Promise.all([looked, closed]);
    expect(order).toEqual(['looked', 'closed']);
    expect(body.isUntouched).toBe(false);
  });

  test('leaves what was read to those who ask again', async () => {
    const body = new InspectableBody(endedStreamOf('123'), limitBytes);
    const beginning = await body.beginning();
    await body.close();
    expect(await body.beginning()).toBe(beginning);
  });
});

describe('inspected', () => {
  test('shows status, headers as in node:http, and the beginning of the body', async () => {
    const headers = ['Content-Type', 'a', 'Set-Cookie', 'b=1', 'set-cookie', 'c=2', 'X-More', '1', 'x-more', '2'];
    const response = inspected(200, headers, new InspectableBody(Buffer.from('1234567890'), limitBytes));
    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ 'content-type': 'a', 'set-cookie': ['b=1', 'c=2'], 'x-more': '1, 2' });
    const { body } = response;
    expect((await body()).toString()).toBe('12345678');
  });
});
