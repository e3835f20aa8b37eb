import { LineQueue, type Loss, type ToldLosses } from './line-queue.ts';
import { LogFile, openForAppending } from './log-file.ts';
import { isFile, type Output, type Outputs } from './outputs.ts';

/** The place that the lines of the log go to. Whoever reads there may stand still: that costs lines, and neither time nor memory. */
export interface LogSink {
  /**
   * Writes text of whole lines. Writing never throws, because a full disk must not stop the proxy.
   * @param told is what the text tells of lines that a worker has lost. @default nothing
   */
  readonly write: (text: string, told?: ToldLosses) => void;
  /** The number of lines that were lost since the start. */
  lost(): number;
  /**
   * Opens the file anew by its name, after logrotate or the like has moved it away.
   * @throws CommandError when the file cannot be opened; the one before stays in use then.
   */
  reopen(): void;
  /** Gives away what still waits to be written, because the process is about to end. */
  flush(): void;
}

interface LogSinkOptions {
  /** The value of `-log-file`: a file, `stdout` or `stderr`; empty for `stdout`. */
  readonly file: string;
  readonly outputs: Outputs;
  /** Makes the line that stands in the place of lost ones, with its end. @param why says why they were lost. */
  tellLoss(loss: Loss, why: string): string;
  /** Is called when nobody reads stdout or stderr any more, as in `... | head`; perhaps several times. */
  onReaderGone(): void;
}

/** The codes of errors that come when nobody reads the pipe any more, or when the terminal is gone. */
const readerGone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/**
 * Opens the place of the log, for as long as the process lives.
 * @throws CommandError with exit code 1 when the file cannot be opened.
 */
export function openLogSink(options: LogSinkOptions): LogSink {
  const { file, outputs } = options;
  const name = file === '' ? 'stdout' : file;
  if (name !== 'stdout' && name !== 'stderr') {
    const logFile = new LogFile(openForAppending(name));
    const sink = fileSink(logFile, options);
    const reopen = (): void => {
      const descriptor = openForAppending(name);
      sink.flush();
      logFile.replace(descriptor);
    };
    return { ...sink, reopen };
  }
  const output = outputs[name];
  const { fd } = output;
  return fd !== undefined && isFile(output) ? fileSink(new LogFile(fd), options) : outputSink(output, options);
}

function outputSink(output: Output, { tellLoss, onReaderGone }: LogSinkOptions): LogSink {
  output.on('error', (error) => {
    if (readerGone.has(error.code)) onReaderGone();
  });
  const queue = new LineQueue({
    write: (text, done) => void output.write(text, done),
    tellLoss: (loss) => tellLoss(loss, 'nobody read them'),
  });
  return sinkOf(queue);
}

function sinkOf(queue: LineQueue): LogSink {
  return { write: queue.write, lost: () => queue.lost, flush: () => queue.flush(), reopen() {} };
}

/** Tells on stderr when the file cannot be written, and when it can be written again. */
function fileSink(file: LogFile, { outputs: { stderr }, tellLoss }: LogSinkOptions): LogSink {
  let isBroken = false;
  const queue = new LineQueue({
    write: (text, done) =>
      file.append(text, (error) => {
        if (error && !isBroken) stderr.write(`cannot write the log: ${error.message}\n`);
        if (!error && isBroken) stderr.write('the log is written again, and says how many lines are lost\n');
        isBroken = error !== undefined;
        done(error);
      }),
    tellLoss: (loss) => tellLoss(loss, 'they could not be written'),
  });
  return sinkOf(queue);
}
