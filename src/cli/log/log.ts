import { escapeControls } from '../../support/text.ts';
import type { FlagValues } from '../flags/flags.ts';
import { logLevels } from '../flags/groups/logging.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import type { Loss } from './line-queue.ts';

/** How much a line matters. */
export type Level = (typeof logLevels)[number];

/** Whether lines of a level are written where `-log-level` is this one. */
export function isWritten(level: Level, least: Level): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(least);
}

/** The data of a line for machines, besides its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line before it is written. */
export interface LogEntry {
  /** When the message was logged. */
  readonly time: Date;
  /** How much the line matters. */
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

/** Makes a log that writes a line for each message that matters enough. */
export function createLog(format: LogFormat, write: (text: string) => void, least: Level): Log {
  return (level, message, fields = {}) => {
    if (isWritten(level, least)) write(`${format({ time: new Date(), level, message, fields })}\n`);
  };
}

/** Makes the line that stands in the place of lost ones. @param why in words, such as `nobody read them`. */
export function lossLine(format: LogFormat, { lines, forMs }: Loss, why: string): string {
  const message = `${lines} ${lines === 1 ? 'line' : 'lines'} of the log lost: ${why} for ${formatDuration(forMs)}`;
  const fields = { event: 'lines-lost', lines, forMs: Math.round(forMs) };
  return `${format({ time: new Date(), level: 'error', message, fields })}\n`;
}

/** The flags that say how a line of text looks; date and time are as in Go's `log`. */
export type TextLayout = Pick<FlagValues, 'log-prefix' | 'log-date' | 'log-time' | 'log-msec' | 'log-utc'>;

/** The format of the log that the flags ask for. */
export function formatOf(values: FlagValues): LogFormat {
  return values['log-format'] === 'json' ? jsonFormat(values['log-prefix']) : textFormat(values);
}

/** Makes lines like those of the Go original: `prefix 2023/11/20 12:03:53 message`. As in Go, milliseconds include the time. */
export function textFormat(layout: TextLayout): LogFormat {
  const { 'log-prefix': prefix, 'log-date': date, 'log-time': time, 'log-msec': milliseconds, 'log-utc': utc } = layout;
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
