import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, renameSync } from 'node:fs';
import path from 'node:path';
import { openLogSink } from '../../../src/cli/log/log-sink.ts';
import { Resources } from '../../helpers/proxy.ts';
import { until } from '../../helpers/until.ts';
import { temporaryFile, temporaryFolder } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A log in a file, whose problems are told here. */
function openLog(file: string) {
  const problems: string[] = [];
  const output = { write: (text: string) => void problems.push(text), on() {} };
  const sink = openLogSink({
    file,
    outputs: { stdout: output, stderr: output },
    tellLoss: ({ lines }, why) => `${lines} lost: ${why}\n`,
    onReaderGone: () => problems.push('the reader has gone'),
  });
  return { sink, problems };
}

/** A pipe with a name, as `-log-file` may be one. */
function namedPipe(): string {
  const file = path.join(temporaryFolder(resources), 'pipe');
  execFileSync('mkfifo', [file]);
  return file;
}

/** Somebody who reads a pipe when asked to. */
function readerOf(file: string) {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const bytes = Buffer.alloc(4_096);
  return {
    read(): string {
      try {
        return bytes.toString('utf8', 0, readSync(descriptor, bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
        throw error;
      }
    },
    leave: () => closeSync(descriptor),
  };
}

describe('a log in a file', () => {
  test('has lines that come before it is opened anew in the old file, and those after that in the new one', () => {
    const file = temporaryFile(resources, 'log', 'earlier\n');
    const { sink, problems } = openLog(file);
    sink.write('a\n');
    sink.flush();
    renameSync(file, `${file}.1`);
    sink.write('b\n');
    sink.reopen();
    sink.write('c\n');
    sink.flush();
    expect([readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['earlier\na\nb\n', 'c\n']);
    expect(problems).toEqual([]);
  });
});

const describeWithPipes = process.platform === 'win32' ? describe.skip : describe;

describeWithPipes('a log in a pipe with a name', () => {
  test('waits for a reader who stands still, and holds nobody', async () => {
    const file = namedPipe();
    const reader = readerOf(file);
    const { sink, problems } = openLog(file);
    const lines = `${'x'.repeat(99)}\n`.repeat(2_000);
    sink.write(lines);
    sink.flush();
    let text = '';
    await until(() => {
      text += reader.read();
      return text.length >= lines.length;
    });
    expect(text).toBe(lines);
    expect(problems).toEqual([]);
    reader.leave();
  });

  test('tells that nobody reads it, and goes on with the next reader', async () => {
    const file = namedPipe();
    const first = readerOf(file);
    const { sink, problems } = openLog(file);
    first.leave();
    for (const line of ['a\n', 'b\n']) {
      sink.write(line);
      sink.flush();
    }
    expect(problems).toEqual([expect.stringMatching(/^cannot write the log: .*EPIPE.*\n$/)]);
    const second = readerOf(file);
    sink.write('c\n');
    sink.flush();
    expect(second.read()).toBe('2 lost: they could not be written\nc\n');
    expect(problems.slice(1)).toEqual(['the log is written again, and says how many lines are lost\n']);
    second.leave();
  });

  test('is refused when nobody has opened it to read', () => {
    expect(() => openLog(namedPipe())).toThrow('cannot open the log file');
  });
});
