import type {
  AttemptEnded,
  AttemptReport,
  BalancingProxyOptions,
  Observer,
  ProxyEvent,
  RequestEnded,
} from '../../index.ts';
import { shownTarget } from '../../observers/log/shown-target.ts';
import {
  type AttemptFields,
  isOfEndpoint,
  type ToldRequest,
  tellAttempt,
  tellEndpoint,
  tellRequest,
} from '../../observers/log/tell.ts';
import { nameFlags } from '../config/proxy-options.ts';
import { formatDuration } from '../flags/duration.ts';
import type { Log, LogEntry, LogFields } from './log.ts';

/** The part of the configuration that the log has to know. */
interface Known {
  /** The names in the order in which they were configured: the log counts them, from 0. */
  readonly endpoints: readonly string[];
  readonly options: Pick<BalancingProxyOptions, 'logQuery'>;
}

/**
 * Makes an observer that logs the result of each attempt and each request, and which endpoints are left out.
 * @param known is asked for each line, as a reload may change it.
 */
export function requestLog(log: Log, known: () => Known): Observer {
  return (event) => {
    const line = lineOf(event, known());
    if (line) log(line.level, line.message, line.fields);
  };
}

type Line = Pick<LogEntry, 'level' | 'message' | 'fields'>;

function lineOf(event: ProxyEvent, known: Known): Line | undefined {
  if (event.type === 'attempt-ended') return lineOfAttempt(event, known);
  if (event.type === 'request-ended') return lineOfRequest(event, known);
  if (!isOfEndpoint(event)) return undefined;
  const { fields, ...line } = tellEndpoint(event, nameOf(event.endpoint, known), formatDuration);
  return { ...line, fields: { event: event.type, ...fields } };
}

function nameOf(endpoint: string, { endpoints }: Known): string {
  const index = endpoints.indexOf(endpoint);
  return `endpoint ${index < 0 ? '' : `${index} `}"${endpoint}"`;
}

function lineOfAttempt(event: AttemptEnded, known: Known): Line {
  const { type, requestId, method, attempt, report } = event;
  const url = shownTarget(event.url, known.options.logQuery);
  const isBad = report.outcome === 'unusable' || report.outcome === 'failed' || report.outcome === 'timed-out';
  return {
    level: isBad ? 'warn' : 'info',
    message: `request ${requestId} ${method} ${url}: ${nameOf(report.endpoint, known)}: ${describeReport(report)}`,
    fields: { event: type, requestId, method, url, attempt, ...attemptFields(tellAttempt(report)) },
  };
}

function describeReport({ outcome, status, durationMs, error }: AttemptReport): string {
  const time = formatDuration(durationMs);
  const why = error ? `: ${error.message}` : '';
  if (outcome === 'won') return `${status} in ${time}`;
  if (outcome === 'lost' || outcome === 'unusable') return `${status} in ${time} (${outcome})`;
  if (outcome === 'cancelled') return `cancelled after ${time}`;
  return `${outcome === 'timed-out' ? 'timed out' : 'failed'} after ${time}${why}`;
}

function attemptFields({ endpoint, outcome, status, durationMs, error }: AttemptFields): LogFields {
  return { endpoint, outcome, status, durationMs, ...(error && { error }) };
}

function lineOfRequest(ended: RequestEnded, known: Known): Line {
  const told = tellRequest(ended, known.options.logQuery);
  const { requestId, method, target: url, status, durationMs, attempts, error } = told.fields;
  const { type, bytes } = ended;
  const winner = nameOf(ended.winner ?? '', known);
  const time = formatDuration(ended.durationMs);
  return {
    // Where no response was usable, endpoints have failed, whoever has ended the response that was given nevertheless.
    level: told.isBad || told.ending === 'unusable' ? 'error' : 'info',
    message: `request ${requestId} ${method} ${url}${describeEnding(told, { time, bytes, winner })}`,
    fields: {
      event: type,
      requestId,
      method,
      url,
      status,
      bytes,
      durationMs,
      winner: told.fields.winner,
      attempts: attempts.map(attemptFields),
      ...(error && { error }),
    },
  };
}

function describeEnding(
  { ending, why = '', fields: { status, error } }: ToldRequest,
  { time, bytes, winner }: { readonly time: string; readonly bytes: number; readonly winner: string },
): string {
  switch (ending) {
    case 'served':
      return ` served in ${time} by ${winner}: status ${status}, ${bytes} bytes`;
    case 'own':
      return ` answered here in ${time}: status ${status}`;
    case 'refused':
      return ` refused in ${time}: status ${status}, ${nameFlags(why)}`;
    case 'unusable': {
      const end = error ? ` (${error})` : `, ${bytes} bytes`;
      return `: endpoints failed to return a usable response, returning ${status} in ${time}${end}`;
    }
    case 'broken-off':
      return ` broken off after ${time} by ${winner}: status ${status}, ${why}`;
    case 'client-gone':
      return `: the client has gone after ${time}`;
  }
}
