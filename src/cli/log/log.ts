import { escapeControls } from '../../support/text.ts';

export type Level = 'info' | 'warn' | 'error';

/** What machines get of a line besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line before it is written. */
export interface LogEntry {
  readonly time: Date;
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
}

/** Gives the line for an entry, without its end. */
export type LogFormat = (entry: LogEntry) => string;

/** Takes what is to be logged. */
export type Log = (level: Level, message: string, fields?: LogFields) => void;

/** How the text format looks; date and time as in Go's `log`. */
export interface TextLayout {
  readonly prefix: string;
  readonly date: boolean;
  readonly time: boolean;
  /** Writes the time, too, as Go's microseconds do. */
  readonly milliseconds: boolean;
  readonly utc: boolean;
}

/** Writes entries in a format, line by line. */
export function createLog(format: LogFormat, write: (text: string) => void): Log {
  return (level, message, fields = {}) => write(`${format({ time: new Date(), level, message, fields })}\n`);
}

/** Lines of the Go original: `prefix 2023/11/20 12:03:53 message`. */
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

/** One JSON object per line. */
export function jsonFormat(prefix: string): LogFormat {
  return ({ time, level, message, fields }) =>
    escapeControls(JSON.stringify({ time, level, ...(prefix && { prefix }), message, ...fields }));
}

function isoTime(time: Date, isUtc: boolean): string {
  const offsetMs = isUtc ? 0 : time.getTimezoneOffset() * 60_000;
  return new Date(time.getTime() - offsetMs).toISOString();
}
