import type { AttemptEnded, AttemptReport, Observer, RequestEnded } from '../index.ts';
import { formatDuration } from './duration.ts';
import type { Log } from './log.ts';
import { nameFlags } from './proxy-options.ts';

/**
 * An observer that logs what each endpoint made of a request, and which one won.
 * @param endpoints the names in the order in which they were configured: the log counts them, from 0.
 */
export function requestLog(log: Log, endpoints: readonly string[]): Observer {
  const nameOf = (endpoint: string): string => `endpoint ${endpoints.indexOf(endpoint)} "${endpoint}"`;
  return (event) => {
    if (event.type === 'attempt-ended') logAttempt(log, event, nameOf(event.report.endpoint));
    if (event.type === 'request-ended') logRequest(log, event, event.winner && nameOf(event.winner));
  };
}

function logAttempt(log: Log, { requestId, method, url, attempt, report }: AttemptEnded, endpoint: string): void {
  const isBad = report.outcome === 'unusable' || report.outcome === 'failed' || report.outcome === 'timed-out';
  log(isBad ? 'warn' : 'info', `request ${requestId} ${method} ${url}: ${endpoint}: ${describeAttempt(report)}`, {
    event: 'attempt-ended',
    requestId,
    method,
    url,
    attempt,
    ...attemptFields(report),
  });
}

function describeAttempt({ outcome, status, durationMs, error }: AttemptReport): string {
  const time = formatDuration(durationMs);
  const why = error ? `: ${error.message}` : '';
  if (outcome === 'won') return `${status} in ${time}`;
  if (outcome === 'lost' || outcome === 'unusable') return `${status} in ${time} (${outcome})`;
  if (outcome === 'cancelled') return `cancelled after ${time}`;
  return `${outcome === 'timed-out' ? 'timed out' : 'failed'} after ${time}${why}`;
}

function logRequest(log: Log, ended: RequestEnded, winner: string | undefined): void {
  const { requestId, method, url, bytes, attempts, error } = ended;
  const { level, text } = describeRequest(ended, winner);
  log(level, `request ${requestId} ${method} ${url}${text}`, {
    event: 'request-ended',
    requestId,
    method,
    url,
    status: statusOf(ended) ?? null,
    bytes,
    durationMs: round(ended.durationMs),
    winner: ended.winner ?? null,
    attempts: attempts.map(attemptFields),
    ...(error && { error: error.code }),
  });
}

function describeRequest(
  ended: RequestEnded,
  winner: string | undefined,
): { readonly level: 'info' | 'error'; readonly text: string } {
  const { bytes, attempts, error } = ended;
  const time = formatDuration(ended.durationMs);
  const status = statusOf(ended);
  if (error?.code === 'ERR_BRP_CLIENT_GONE') return { level: 'info', text: `: the client has gone after ${time}` };
  if (winner && error) {
    return { level: 'error', text: ` broken off after ${time} by ${winner}: status ${status}, ${error.message}` };
  }
  if (winner) return { level: 'info', text: ` served in ${time} by ${winner}: status ${status}, ${bytes} bytes` };
  if (error && attempts.length === 0) {
    return { level: 'error', text: ` refused in ${time}: status ${status}, ${nameFlags(error.message)}` };
  }
  const code = error ? ` (${error.code})` : `, ${bytes} bytes`;
  const problem = 'endpoints failed to return a usable response';
  return { level: 'error', text: `: ${problem}, returning ${status} in ${time}${code}` };
}

/** The error is answered after the event, by the proxy itself: there is no `next` here. */
function statusOf({ status, error }: RequestEnded): number | undefined {
  return status ?? (error?.code === 'ERR_BRP_CLIENT_GONE' ? undefined : error?.status);
}

function attemptFields({ endpoint, outcome, status, durationMs, error }: AttemptReport): Record<string, unknown> {
  return { endpoint, outcome, status, durationMs: round(durationMs), ...(error && { error: error.code }) };
}

function round(ms: number): number {
  return Number(ms.toFixed(3));
}
