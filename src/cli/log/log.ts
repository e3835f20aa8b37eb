import { escapeControls } from '../../support/text.ts';

/** How much a line matters. */
export type Level = 'info' | 'warn' | 'error';

/** The data of a line for machines, besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line before it is written. */
export interface LogEntry {
  /** When it was logged. */
  readonly time: Date;
  /** How much it matters. */
  readonly level: Level;
  /** The text for people; it may contain control characters, which the format escapes. */
  readonly message: string;
  /** The data for machines. */
  readonly fields: LogFields;
}

/** Makes the line of an entry, without its end. */
export type LogFormat = (entry: LogEntry) => string;

/** Logs a message. */
export type Log = (level: Level, message: string, fields?: LogFields) => void;

/** The parts of a line in the text format; date and time are as in Go's `log`. */
export interface TextLayout {
  /** Begins each line; empty for none. */
  readonly prefix: string;
  /** Writes the date. */
  readonly date: boolean;
  /** Writes the time. */
  readonly time: boolean;
  /** Writes the time with milliseconds, also without `time`, as Go does with microseconds. */
  readonly milliseconds: boolean;
  /** Writes date and time in UTC rather than in the local time zone. */
  readonly utc: boolean;
}

/** Makes a log that writes a line for each message. */
export function createLog(format: LogFormat, write: (text: string) => void): Log {
  return (level, message, fields = {}) => write(`${format({ time: new Date(), level, message, fields })}\n`);
}

/** Makes lines like those of the Go original: `prefix 2023/11/20 12:03:53 message`. */
export function textFormat({ prefix, date, time, milliseconds, utc }: TextLayout): LogFormat {
  return (entry) => {
    const [day = '', clock = ''] = isoTime(entry.time, utc).split('T');
    const words = [
      prefix,
      date && day.replaceAll('-', '/'),
      (time || milliseconds) && clock.slice(0, milliseconds ? 12 : 8),
      entry.message,
    ];
    return escapeControls(words.filter(Boolean).join(' '));
  };
}

/** Makes a JSON object per line. @param prefix is a field of each; empty for none. */
export function jsonFormat(prefix: string): LogFormat {
  return ({ time, level, message, fields }) =>
    escapeControls(JSON.stringify({ time, level, ...(prefix && { prefix }), message, ...fields }));
}

function isoTime(time: Date, isUtc: boolean): string {
  const offsetMs = isUtc ? 0 : time.getTimezoneOffset() * 60_000;
  return new Date(time.getTime() - offsetMs).toISOString();
}
