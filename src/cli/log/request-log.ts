import type {
  AttemptEnded,
  AttemptReport,
  BalancingProxyOptions,
  Observer,
  ProxyEvent,
  RequestEnded,
} from '../../index.ts';
import { explained } from '../../observers/log/explained.ts';
import { shownTarget } from '../../observers/log/shown-target.ts';
import { round } from '../../support/round.ts';
import { nameFlags } from '../config/proxy-options.ts';
import { formatDuration } from '../flags/duration.ts';
import type { Log } from './log.ts';

type EndpointEvent = Exclude<ProxyEvent, { readonly requestId: number }>;

/** What the log has to know of the configuration. */
interface Known {
  /** The names in the order in which they were configured: the log counts them, from 0. */
  readonly endpoints: readonly string[];
  readonly options: Pick<BalancingProxyOptions, 'logQuery'>;
}

/**
 * An observer that logs what each endpoint made of a request, which one won, and which ones are left out.
 * @param known is asked for each line, as a reload may change it.
 */
export function requestLog(log: Log, known: () => Known): Observer {
  const nameOf = (endpoint: string): string => {
    const index = known().endpoints.indexOf(endpoint);
    return `endpoint ${index < 0 ? '' : `${index} `}"${endpoint}"`;
  };
  const shown = <Event extends AttemptEnded | RequestEnded>(event: Event): Event => {
    return { ...event, url: shownTarget(event.url, known().options.logQuery) };
  };
  return (event) => {
    if (event.type === 'attempt-ended') logAttempt(log, shown(event), nameOf(event.report.endpoint));
    else if (event.type === 'request-ended') logRequest(log, shown(event), event.winner && nameOf(event.winner));
    else if ('endpoint' in event && !('requestId' in event)) logEndpoint(log, event, nameOf(event.endpoint));
  };
}

function logEndpoint(log: Log, event: EndpointEvent, endpoint: string): void {
  const fields = { event: event.type, endpoint: event.endpoint };
  if (event.type === 'endpoint-ejected') {
    const time = formatDuration(event.forMs);
    log('warn', `${endpoint} cannot be reached and is left out for ${time}`, { ...fields, forMs: event.forMs });
  }
  if (event.type === 'endpoint-drained') log('warn', `${endpoint} is drained`, fields);
  if (event.type === 'endpoint-restored') log('info', `${endpoint} is back`, fields);
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
    status: ended.finalStatus ?? null,
    bytes,
    durationMs: round(ended.durationMs, 3),
    winner: ended.winner ?? null,
    attempts: attempts.map(attemptFields),
    ...(error && { error: error.code }),
  });
}

function describeRequest(
  ended: RequestEnded,
  winner: string | undefined,
): { readonly level: 'info' | 'error'; readonly text: string } {
  const { finalStatus: status, bytes, attempts, error } = ended;
  const time = formatDuration(ended.durationMs);
  if (error?.code === 'ERR_BRP_CLIENT_GONE') return { level: 'info', text: `: the client has gone after ${time}` };
  if (winner && error) {
    const level = error.code === 'ERR_BRP_CLIENT_TIMEOUT' ? 'info' : 'error';
    return { level, text: ` broken off after ${time} by ${winner}: status ${status}, ${explained(error)}` };
  }
  if (winner) return { level: 'info', text: ` served in ${time} by ${winner}: status ${status}, ${bytes} bytes` };
  if (!error && attempts.length === 0) return { level: 'info', text: ` answered here in ${time}: status ${status}` };
  if (error && attempts.length === 0) {
    return { level: 'error', text: ` refused in ${time}: status ${status}, ${nameFlags(explained(error))}` };
  }
  const code = error ? ` (${error.code})` : `, ${bytes} bytes`;
  const problem = 'endpoints failed to return a usable response';
  return { level: 'error', text: `: ${problem}, returning ${status} in ${time}${code}` };
}

function attemptFields({ endpoint, outcome, status, durationMs, error }: AttemptReport): Record<string, unknown> {
  return { endpoint, outcome, status, durationMs: round(durationMs, 3), ...(error && { error: error.code }) };
}
