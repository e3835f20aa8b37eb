import type { Observer, ProxyEvent } from '../../index.ts';
import { isOfEndpoint, tellEndpoint } from '../../observers/log/tell.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import { isWritten, type Level, type Log } from './log.ts';
import { type Known, type Line, lineOfAttempt, lineOfRequest, nameOf } from './request-lines.ts';

type EventType = ProxyEvent['type'];

/**
 * Makes an observer that logs the result of each request, which endpoints are left out, and, at `debug`, the result of each attempt.
 * @param known is asked for each line, as a reload may change it.
 * @param least is the level of the least lines that are written.
 */
export function requestLog(log: Log, known: () => Known, least: Level): Observer {
  const isQuiet = !isWritten('info', least);
  return (event) => {
    const facts = known();
    // Where nearly no line is written, none is made in vain.
    if (isQuiet && isServedAsUsual(event) && !facts.isCutting) return;
    const line = lineOf(event, facts, least);
    if (line) log(line.level, line.message, line.fields);
  };
}

/** The highest level that a line of an event may have; none for events without a line here. DNS has a log of its own. */
const highestLevels: Readonly<Record<EventType, Level | undefined>> = {
  'request-started': undefined,
  'attempt-started': undefined,
  'attempt-ended': 'debug',
  'hedge-denied': undefined,
  'response-started': undefined,
  'request-ended': 'error',
  'endpoint-ejected': 'warn',
  'endpoint-drained': 'warn',
  'endpoint-restored': 'info',
  'endpoints-changed': undefined,
  'dns-failed': undefined,
  'dns-restored': undefined,
};

/** The types of the events of which {@link requestLog} may make a line that is written. */
export function eventsTold(least: Level): readonly EventType[] {
  const levels = Object.entries(highestLevels) as ReadonlyArray<readonly [EventType, Level | undefined]>;
  return levels.filter(([, level]) => level && isWritten(level, least)).map(([type]) => type);
}

function isServedAsUsual(event: ProxyEvent): boolean {
  return event.type === 'request-ended' && event.winner !== undefined && !event.error && event.resumes === 0;
}

function lineOf(event: ProxyEvent, known: Known, least: Level): Line | undefined {
  if (event.type === 'attempt-ended') return lineOfAttempt(event, known);
  if (event.type === 'request-ended') return lineOfRequest(event, known, !isWritten('debug', least));
  if (!isOfEndpoint(event)) return undefined;
  const { fields, ...line } = tellEndpoint(event, nameOf(event.endpoint, known), formatDuration);
  return { ...line, fields: { event: event.type, ...fields } };
}
