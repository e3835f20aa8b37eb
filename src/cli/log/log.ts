/** How much a line matters. */
export type Level = 'info' | 'warn' | 'error';

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

/** Makes a log that writes a line for each message. */
export function createLog(format: LogFormat, write: (text: string) => void): Log {
  return (level, message, fields = {}) => write(`${format({ time: new Date(), level, message, fields })}\n`);
}
