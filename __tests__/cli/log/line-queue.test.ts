import { LineQueue } from '../../../src/cli/log/line-queue.ts';
import { turns } from '../../helpers/turns.ts';

type Done = (error?: Error) => void;

/** A queue whose reader reads when the test says so. */
function queueForSlowReader() {
  const written: string[] = [];
  const waiting: Done[] = [];
  const queue = new LineQueue({
    write: (text, done) => {
      written.push(text);
      waiting.push(done);
    },
    tellLoss: ({ lines }) => `${lines} lost\n`,
  });
  const read = async (error?: Error): Promise<void> => {
    waiting.shift()?.(error);
    await turns(2);
  };
  return { queue, written, read };
}

/** A line of half a mebibyte: two of them fill the queue. */
const half = `${'x'.repeat(524_287)}\n`;

describe('LineQueue', () => {
  test('writes lines of one turn of the event loop together', async () => {
    const { queue, written } = queueForSlowReader();
    for (const line of ['a\n', 'b\n', 'c\n']) queue.write(line);
    expect(written).toEqual([]);
    await turns(2);
    expect(written).toEqual(['a\nb\nc\n']);
  });

  test('writes nothing more until what was written is taken', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write('a\n');
    await turns(2);
    queue.write('b\n');
    queue.write('c\n');
    await turns(2);
    expect(written).toEqual(['a\n']);
    await read();
    expect(written).toEqual(['a\n', 'b\nc\n']);
  });

  test('loses lines for which there is no room, and tells how many in their place', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write('a\n');
    await turns(2);
    for (const lines of [half, half, 'lost\n', 'lost\nlost\n']) queue.write(lines);
    await read();
    queue.write('b\n');
    await read();
    expect(written).toEqual(['a\n', `${half}${half}3 lost\n`, 'b\n']);
  });

  /** Two lines, of which one tells of seven others that are lost. */
  const telling = ['b\n7 lost\n', { lines: 7, by: 1 }] as const;

  test('counts what a line tells of lost ones when there is no room for that line', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write('a\n');
    await turns(2);
    for (const lines of [half, half]) queue.write(lines);
    queue.write(...telling);
    await read();
    expect([written, queue.lost]).toEqual([['a\n', `${half}${half}8 lost\n`], 1]);
  });

  test('counts what a line tells of lost ones when that line cannot be written', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write(...telling);
    await turns(2);
    await read(new Error('the disk is full'));
    queue.write('c\n');
    await turns(2);
    expect([written.at(-1), queue.lost]).toEqual(['8 lost\nc\n', 1]);
  });

  test('takes a line however long it is, when no other one waits', async () => {
    const { queue, written } = queueForSlowReader();
    queue.write(half + half + half);
    await turns(2);
    expect(written).toEqual([half + half + half]);
  });

  test('tells of lost lines also when no other ones come', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write(half);
    await turns(2);
    for (const lines of [half, half, 'lost\n']) queue.write(lines);
    await read();
    await read();
    expect(written.at(-1)).toBe(`${half}${half}1 lost\n`);
  });

  test('tells of lines that could not be written in front of the next ones', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write('a\nb\n');
    await turns(2);
    await read(new Error('no space'));
    expect(written).toEqual(['a\nb\n']);
    queue.write('c\n');
    await turns(2);
    await read(new Error('no space'));
    queue.write('d\n');
    await turns(2);
    await read();
    queue.write('e\n');
    await turns(2);
    expect(written.slice(1)).toEqual(['2 lost\nc\n', '3 lost\nd\n', 'e\n']);
  });

  test('gives away everything at the end, whether or not the reader has read', async () => {
    const { queue, written, read } = queueForSlowReader();
    queue.write('a\n');
    await turns(2);
    queue.write('b\n');
    queue.flush();
    queue.flush();
    await read();
    await read();
    expect(written).toEqual(['a\n', 'b\n']);
  });

  test('counts all lines that are lost, each of them once', async () => {
    const { queue, read } = queueForSlowReader();
    queue.write('a\nb\n');
    await turns(2);
    for (const lines of [half, half, 'lost\n', 'lost\nlost\n']) queue.write(lines);
    expect(queue.lost).toBe(3);
    // The two lines that were on their way; then all the rest, with the line that tells of the loss.
    await read(new Error('no space'));
    expect(queue.lost).toBe(5);
    await read(new Error('no space'));
    expect(queue.lost).toBe(7);
    queue.write('c\n');
    await turns(2);
    await read();
    expect(queue.lost).toBe(7);
  });

  test('says for how long lines were lost', async () => {
    const lossesMs: number[] = [];
    const startedAtMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<Done>();
    const queue = new LineQueue({
      write: (_, done) => resolve(done),
      tellLoss: ({ forMs }) => `${lossesMs.push(forMs)}\n`,
    });
    queue.write('a\n');
    const taken = await promise;
    for (const lines of [half, half, 'lost\n']) queue.write(lines);
    taken();
    await turns(2);
    expect(lossesMs).toEqual([expect.any(Number)]);
    expect(lossesMs[0]).toBeGreaterThan(0);
    expect(lossesMs[0]).toBeLessThan(performance.now() - startedAtMs);
  });
});
