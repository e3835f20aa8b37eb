import type { DnsEvents } from '../../endpoints/dns/dns-events.ts';
import type { Observer, RequestEnded } from '../../events/events.ts';
import { escapeControls } from '../../support/text.ts';
import { type AttemptFields, describeEach, isOfEndpoint, reasonInLine, tellEndpoint, tellRequest } from './tell.ts';
import { isOfDns, tellDns } from './tell-dns.ts';

/**
 * Takes the lines of the log, as pino, winston, console and most others do. pino, bunyan and winston get the data of a line as
 * an object, too; all others get the line alone.
 */
export interface Logger {
  // Both are methods, because of a property TypeScript would refuse a logger's narrower parameters.
  /** Takes a line that tells of something good, or at least expected. */
  info(...line: unknown[]): unknown;
  /** Takes a line that somebody should look at. */
  warn(...line: unknown[]): unknown;
}

/**
 * Makes an observer that logs a line for each request, with the outcome of every attempt: at `info`, or at `warn` when no
 * endpoint gave a usable response or when the usable one broke off, mended or not. Endpoints that are left out are a `warn`, too.
 * `logQuery` writes query strings, too.
 */
export function requestLogger(logger: Logger, { logQuery }: { readonly logQuery: boolean }): Observer {
  const log = writerFor(logger);
  return (event) => {
    if (event.type === 'request-ended') return logRequest(log, event, logQuery);
    if (isOfDns(event)) return logDns(log, event);
    if (!isOfEndpoint(event)) return;
    const { level, message, fields } = tellEndpoint(event, `endpoint ${event.endpoint}`, (ms) => `${ms} ms`);
    return log(level, message, fields);
  };
}

/** Writes a line. @returns the logger's result, as the promise of one that is asynchronous may reject. */
type Write = (level: keyof Logger, message: string, fields: object) => unknown;

/** Loggers do not agree on where the fields of a line go, and the console and others would print fields over many lines. */
function writerFor(logger: Logger): Write {
  // pino, and bunyan.
  if ('bindings' in logger || 'addSerializers' in logger) {
    return (level, message, fields) => logger[level](fields, escapeControls(message));
  }
  // winston, as one object: beside a line with `%d` or the like, as in `/%d0%b0`, fields are taken for its values and lost.
  if ('defaultMeta' in logger) {
    return (level, message, fields) => logger[level]({ message: escapeControls(message), ...fields });
  }
  return (level, message) => logger[level](escapeControls(message));
}

function logDns(log: Write, event: DnsEvents): unknown {
  const { level, message, fields } = tellDns(event, `dns ${event.dns}`);
  return log(level, message, fields);
}

function logRequest(log: Write, ended: RequestEnded, logQuery: boolean): unknown {
  const { ending, isBad, isMended, why, fields } = tellRequest(ended, logQuery);
  const { method, target, status, winner, resumes, durationMs, isBodyStreamed, attempts, error } = fields;
  const isLeft = ending === 'client-gone';
  const isPassedOn = ending === 'passed-on';
  const words = [
    `${method} ${target}`,
    isLeft ? 'client gone' : isPassedOn ? 'passed on' : status,
    !isLeft && error,
    winner ? `by ${winner}` : ended.servedBy && `of ${ended.servedBy}`,
    `in ${durationMs} ms`,
    isMended && `(resumes: ${resumes})`,
    isBodyStreamed && '(body too large to ask another endpoint)',
  ];
  const isUnasked = attempts.length === 0 && (ending === 'refused' || isPassedOn);
  // Where no endpoint was asked, and where a function of the user has failed, nothing else would tell why.
  const whys = (isUnasked || error === 'ERR_BRP_HOOK') && why ? [why] : [];
  const message = [words.filter(Boolean).join(' '), ...whys, ...describeEach(attempts, describeAttempt)].join('; ');
  return log(isBad || isMended ? 'warn' : 'info', message, fields);
}

function describeAttempt(attempt: AttemptFields): string {
  const { endpoint, outcome, status, error, why, durationMs, brokeOff } = attempt;
  const words = [
    endpoint + reasonInLine(attempt),
    outcome,
    status,
    !brokeOff && error,
    why && `(${why})`,
    `after ${durationMs} ms`,
  ];
  const end = brokeOff ? `, broke off ${error} at byte ${brokeOff.atByte} after ${brokeOff.afterMs} ms` : '';
  return words.filter(Boolean).join(' ') + end;
}
