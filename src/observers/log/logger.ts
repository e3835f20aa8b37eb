import { isOthersDoing } from '../../errors.ts';
import type { AttemptReport } from '../../events/attempt-report.ts';
import type { Observer, RequestEnded } from '../../events/events.ts';
import { round } from '../../support/round.ts';
import { escapeControls } from '../../support/text.ts';
import { explained } from './explained.ts';
import { shownTarget } from './shown-target.ts';

/**
 * What takes the lines of the log; pino, winston, console and most others do. pino, bunyan and winston get what is in a
 * line as an object, too; all others get the line alone.
 */
export interface Logger {
  // As a method, not a property, of which TypeScript would refuse a logger's narrower parameters.
  info(...line: unknown[]): unknown;
  warn(...line: unknown[]): unknown;
}

export interface RequestLoggerSettings {
  /** Writes query strings, too. */
  readonly logQuery: boolean;
}

type Level = 'info' | 'warn';
type Fields = Readonly<Record<string, unknown>>;

/**
 * An observer that logs a line for each request, with what every endpoint made of it: at `info`, or at `warn` when no
 * endpoint gave a usable response or the one that did broke off. Endpoints that are left out are a `warn`, too.
 */
export function requestLogger(logger: Logger, { logQuery }: RequestLoggerSettings): Observer {
  const log = writerFor(logger);
  return (event) => {
    switch (event.type) {
      case 'request-ended':
        return logRequest(log, event, shownTarget(event.url, logQuery));
      case 'endpoint-ejected': {
        const { endpoint, forMs } = event;
        return log('warn', `endpoint ${endpoint} cannot be reached and is left out for ${forMs} ms`, {
          endpoint,
          forMs,
        });
      }
      case 'endpoint-drained':
        return log('warn', `endpoint ${event.endpoint} is drained`, pick(event));
      case 'endpoint-restored':
        return log('info', `endpoint ${event.endpoint} is back`, pick(event));
    }
  };
}

/** @returns what the logger gave: a promise, for one that may reject. */
type Write = (level: Level, message: string, fields: Fields) => unknown;

/** Loggers do not agree on where the fields of a line go; those that want none would print them over many lines. */
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

function logRequest(log: Write, ended: RequestEnded, target: string): unknown {
  const { requestId, method, finalStatus: status, winner, isBodyStreamed, attempts, error } = ended;
  const isLeft = error?.code === 'ERR_BRP_CLIENT_GONE';
  const words = [
    `${method} ${target}`,
    isLeft ? 'client gone' : status,
    error && !isLeft && error.code,
    (winner || ended.servedBy) && `${winner ? 'by' : 'of'} ${ended.servedBy}`,
    `in ${round(ended.durationMs, 3)} ms`,
    isBodyStreamed && '(body too large to ask another endpoint)',
  ];
  // Where no endpoint was asked, nothing else would tell why.
  const whys = error && !isLeft && !winner && attempts.length === 0 ? [explained(error)] : [];
  const message = [words.filter(Boolean).join(' '), ...whys, ...attempts.map(describeAttempt)].join('; ');
  const isOwn = attempts.length === 0 && !error;
  return log((winner && !error) || isOwn || isOthersDoing(error) ? 'info' : 'warn', message, {
    requestId,
    method,
    target,
    status: status ?? null,
    winner: winner ?? null,
    durationMs: round(ended.durationMs, 3),
    isBodyStreamed,
    attempts: attempts.map(attemptFields),
    ...(error && { error: error.code }),
  });
}

function describeAttempt({ endpoint, outcome, status, error, durationMs }: AttemptReport): string {
  return [endpoint, outcome, status, error?.code, `after ${round(durationMs, 3)} ms`].filter(Boolean).join(' ');
}

function attemptFields({
  endpoint,
  reason,
  outcome,
  status,
  error,
  startedAfterMs,
  durationMs,
}: AttemptReport): Fields {
  return {
    endpoint,
    reason,
    outcome,
    ...(status !== undefined && { status }),
    ...(error && { error: error.code }),
    startedAfterMs: round(startedAfterMs, 3),
    durationMs: round(durationMs, 3),
  };
}

function pick({ endpoint }: { readonly endpoint: string }): Fields {
  return { endpoint };
}
