import { Readable } from 'node:stream';
import { consume, detach, joined, type StreamReader } from '../../src/support/consume.ts';

const fault = new Error('broken');

/** A stream that breaks without an unhandled error. */
function openStream(): Readable {
  return new Readable({ read() {} }).on('error', () => {});
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}

/** Reads a stream until it has ended or broken, and tells what the reader was told. */
function toldOf(stream: Readable): { readonly told: readonly unknown[]; readonly reader: StreamReader } {
  const told: unknown[] = [];
  const reader: StreamReader = {
    onData: (chunk) => told.push(String(chunk)),
    onEnd: () => {
      told.push('end');
      detach(stream, reader);
    },
    onBroken: (cause) => {
      told.push(cause);
      detach(stream, reader);
    },
  };
  consume(stream, reader);
  return { told, reader };
}

describe('consume', () => {
  test('gives the chunks, then the end', async () => {
    const stream = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    const { told } = toldOf(stream);
    await closed(stream);
    expect(told).toEqual(['a', 'b', 'end']);
  });

  test.each<[string, Error | undefined]>([
    ['with an error', fault],
    ['without one', undefined],
  ])('tells once that the stream broke off %s', async (_, cause) => {
    const stream = openStream();
    const { told } = toldOf(stream);
    stream.destroy(cause);
    await closed(stream);
    expect(told).toEqual([cause]);
  });

  test('tells at once of an end that was before', async () => {
    const stream = Readable.from([]).resume();
    await closed(stream);
    expect(toldOf(stream).told).toEqual(['end']);
  });

  test('tells at once of a break that was before', async () => {
    const stream = openStream().destroy(fault);
    await closed(stream);
    expect(toldOf(stream).told).toEqual([undefined]);
  });
});

test('detach leaves none of the listeners', () => {
  const stream = new Readable({ read() {} });
  const { reader } = toldOf(stream);
  detach(stream, reader);
  expect(['data', 'end', 'error', 'close'].map((name) => stream.listenerCount(name))).toEqual([0, 0, 0, 0]);
});

describe('joined', () => {
  test('gives a single chunk as it is', () => {
    const chunk = Buffer.from('a');
    expect(joined([chunk])).toBe(chunk);
  });

  test.each<[string, Buffer[]]>([
    ['', []],
    ['ab', [Buffer.from('a'), Buffer.from('b')]],
  ])('gives %j of %j', (text, chunks) => {
    expect(String(joined(chunks))).toBe(text);
  });
});
