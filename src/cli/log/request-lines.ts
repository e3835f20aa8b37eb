import type { AttemptEnded, AttemptReport, BalancingProxyOptions, RequestEnded } from '../../index.ts';
import { shownTarget } from '../../observers/log/shown-target.ts';
import {
  type AttemptFields,
  describeEach,
  reasonInLine,
  type ToldRequest,
  tellAttempt,
  tellRequest,
} from '../../observers/log/tell.ts';
import { nameFlags } from '../config/proxy-options.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import type { LogEntry, LogFields } from './log.ts';

/** The part of the configuration that the log has to know. */
export interface Known {
  /** The names in the order in which they were configured: the log counts them, from 0. */
  readonly endpoints: readonly string[];
  readonly options: Pick<BalancingProxyOptions, 'logQuery'>;
  /** Whether the requests in flight are being cut, so that it is not their clients who end them. @default false */
  readonly isCutting?: boolean;
}

/** A line before its time is known. */
export type Line = Pick<LogEntry, 'level' | 'message' | 'fields'>;

/** Outcomes after which somebody should look at the endpoint. */
const failed: ReadonlySet<AttemptReport['outcome']> = new Set(['unusable', 'failed', 'timed-out']);

/** An endpoint as lines name it. */
export function nameOf(endpoint: string, { endpoints }: Known): string {
  const index = endpoints.indexOf(endpoint);
  return `endpoint ${index < 0 ? '' : `${index} `}"${endpoint}"`;
}

/** The line of an attempt that has ended. */
export function lineOfAttempt(event: AttemptEnded, known: Known): Line {
  const { type, requestId, method, attempt, report } = event;
  const url = shownTarget(event.url, known.options.logQuery);
  return {
    level: 'debug',
    message: `request ${requestId} ${method} ${url}: ${describeAttempt(report, known)}`,
    fields: { event: type, requestId, method, url, attempt, ...attemptFields(tellAttempt(report)) },
  };
}

function describeAttempt(report: AttemptReport, known: Known): string {
  return `${nameOf(report.endpoint, known)}${reasonInLine(report)}: ${describeReport(report)}`;
}

function describeReport({ outcome, status, durationMs, error }: AttemptReport): string {
  const time = formatDuration(durationMs);
  const why = error ? `: ${error.message}` : '';
  if (outcome === 'won') return `${status} in ${time}`;
  if (outcome === 'lost' || outcome === 'resumed' || outcome === 'unusable') return `${status} in ${time} (${outcome})`;
  if (outcome === 'cancelled') return `cancelled after ${time}`;
  return `${outcome === 'timed-out' ? 'timed out' : 'failed'} after ${time}${why}`;
}

function attemptFields({ endpoint, reason, outcome, status, durationMs, error, brokeOff }: AttemptFields): LogFields {
  return {
    endpoint,
    reason,
    outcome,
    status,
    durationMs,
    ...(error && { error }),
    ...(brokeOff && { brokeOff }),
  };
}

/** The line of a request that has ended. @param isAlone whether attempts have no lines of their own, so that this one has to tell of those that failed. */
export function lineOfRequest(ended: RequestEnded, known: Known, isAlone: boolean): Line {
  const told = tellRequest(ended, known.options.logQuery);
  const { requestId, method, target: url, status, durationMs, attempts, resumes, error } = told.fields;
  const { type, bytes, bytesReceived, xRequestId = null, client } = ended;
  const isCut = known.isCutting === true && wasUnderWay(ended);
  const ending = isCut ? describeCut(ended, known) : describeEnding(told, endingWords(ended, known));
  return {
    level: isCut ? 'error' : levelOf(told),
    message: `request ${requestId} ${method} ${url}${ending}${describeBreaks(ended, known)}${isAlone ? describeFailures(ended, known) : ''}${describeOrigin(ended)}`,
    fields: {
      event: type,
      requestId,
      method,
      url,
      status,
      bytes,
      bytesReceived,
      durationMs,
      winner: told.fields.winner,
      resumes,
      attempts: attempts.map(attemptFields),
      ...(isCut ? { outcome: 'cut' } : error && { error }),
      xRequestId,
      clientAddress: client.address ?? null,
      host: shortened(client.host),
      userAgent: shortened(client.userAgent),
      httpVersion: client.httpVersion,
    },
  };
}

/** Whether a request that ends while all are cut would have gone on: the client's side of it has broken, or it was an upgraded connection. */
function wasUnderWay({ outcome, status }: RequestEnded): boolean {
  return outcome === 'client-gone' || status === 101;
}

/** Characters of a header at most: a client may send many thousands, and they would all stand in the log. */
const mostOfHeader = 256;

function shortened(value: string | undefined): string | null {
  if (value === undefined) return null;
  return value.length > mostOfHeader ? `${value.slice(0, mostOfHeader)}...` : value;
}

/** Tells for whom the request was, and the name that it has elsewhere. */
function describeOrigin({ client: { address }, xRequestId }: RequestEnded): string {
  const words = [address && `client ${address}`, xRequestId && `id ${xRequestId}`].filter(Boolean);
  return words.length > 0 ? ` [${words.join(', ')}]` : '';
}

function levelOf({ isBad, isMended, ending }: ToldRequest): LogEntry['level'] {
  // Where no response was usable, endpoints have failed, whoever has ended the response that was given nevertheless.
  if (isBad || ending === 'unusable') return 'error';
  return isMended ? 'warn' : 'info';
}

/** Tells of every break, where one was mended: no other line does. */
function describeBreaks({ resumes, attempts }: RequestEnded, known: Known): string {
  if (resumes === 0) return '';
  const breaks = attempts.flatMap(({ endpoint, brokeOff, error }) =>
    brokeOff
      ? `; ${nameOf(endpoint, known)} broke off at byte ${brokeOff.atByte} after ${formatDuration(brokeOff.afterMs)}: ${error?.message}`
      : [],
  );
  return ` (resumes: ${resumes})${breaks.join('')}`;
}

function describeFailures({ attempts }: RequestEnded, known: Known): string {
  const failures = attempts.filter(({ outcome }) => failed.has(outcome));
  return describeEach(failures, (report) => describeAttempt(report, known))
    .map((words) => `; ${words}`)
    .join('');
}

/** What the words about the end of a request are made of. */
interface EndingWords {
  readonly time: string;
  readonly bytes: number;
  /** The winner. */
  readonly winner: string;
  /** The endpoint that gave the last byte. */
  readonly last: string;
}

function endingWords({ durationMs, bytes, winner = '', servedBy = '' }: RequestEnded, known: Known): EndingWords {
  return { time: formatDuration(durationMs), bytes, winner: nameOf(winner, known), last: nameOf(servedBy, known) };
}

function describeCut({ durationMs, bytes, status, servedBy }: RequestEnded, known: Known): string {
  const given =
    servedBy === undefined ? '' : `, within the body of ${nameOf(servedBy, known)}: status ${status}, ${bytes} bytes`;
  return `: cut after ${formatDuration(durationMs)}, as this process stops${given}`;
}

function describeEnding(
  { ending, why = '', fields: { status, error } }: ToldRequest,
  { time, bytes, winner, last }: EndingWords,
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
      return ` broken off after ${time} by ${last}: status ${status}, ${why}`;
    case 'passed-on':
      return `: endpoints failed to return a usable response, passed on after ${time} (${error})`;
    case 'client-gone':
      return `: the client has gone after ${time}`;
  }
}
