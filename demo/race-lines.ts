import { styleText } from 'node:util';
import type { AttemptOutcome, AttemptReport, RequestEnded } from '../src/index.ts';

type Color = 'green' | 'red' | 'yellow' | 'cyan' | 'gray';

/** Puts a text into a colour, or leaves it as it is where nobody would see it. */
export type Paint = (color: Color, text: string) => string;

/** Colours where standard output is a terminal and `NO_COLOR` is not set. */
export const paintForTerminal: Paint = (color, text) => styleText(color, text, { stream: process.stdout });

/** How a race is drawn. */
export interface DrawOptions {
  /** The time that a bar over the full width stands for; a race that took longer has a scale of its own. */
  readonly scaleMs: number;
  readonly paint: Paint;
}

const barWidth = 40;

/** How each outcome looks; the cells differ for those who see no colours. What the client was given looks alike, from whomever it came. */
const looks: Readonly<Record<AttemptReport['outcome'], { readonly cell: string; readonly color: Color }>> = {
  won: { cell: '█', color: 'green' },
  lost: { cell: '▓', color: 'cyan' },
  resumed: { cell: '█', color: 'green' },
  unusable: { cell: '▒', color: 'red' },
  failed: { cell: '▒', color: 'red' },
  'timed-out': { cell: '▒', color: 'yellow' },
  cancelled: { cell: '░', color: 'gray' },
  pending: { cell: '░', color: 'gray' },
};

/** One line that says what the bars mean. */
export function drawLegend({ scaleMs, paint }: DrawOptions): string {
  const shown: AttemptOutcome[] = ['won', 'unusable', 'cancelled'];
  const samples = shown.map((outcome) => `${paintCells(outcome, 2, paint)} ${outcome}`);
  return `A full bar is ${scaleMs} ms: ${samples.join(', ')}`;
}

/** Draws a race: a line for the request, and one for each attempt with a bar on a time scale that they share. */
export function drawRace(race: RequestEnded, { scaleMs, paint }: DrawOptions): string[] {
  const { attempts } = race;
  const latestMs = Math.max(scaleMs, 1, ...attempts.map((attempt) => attempt.startedAfterMs + drawnMs(attempt, race)));
  const nameWidth = Math.max(0, ...attempts.map(({ endpoint }) => endpoint.length));
  const lines = attempts.map((attempt, index) => {
    const ms = drawnMs(attempt, race);
    const bar = drawBar(attempt, { ms, cellMs: latestMs / barWidth, paint });
    const outcome = describeOutcome(attempt, attempts.slice(0, index));
    const told = `${`${Math.round(ms)} ms`.padStart(8)}  ${paint(looks[attempt.outcome].color, outcome)}`;
    return `  ${attempt.endpoint.padEnd(nameWidth)} ${bar} ${told}`;
  });
  return [drawRequest(race, paint), ...lines];
}

/**
 * The milliseconds that a bar stands for: those until the outcome; where a body broke off that the client was being given, those in which
 * the attempt gave it, the last one until the end of the response.
 */
function drawnMs({ outcome, startedAfterMs, durationMs, brokeOff }: AttemptReport, race: RequestEnded): number {
  if (brokeOff) return Math.max(durationMs, brokeOff.afterMs);
  return outcome === 'resumed' ? Math.max(durationMs, race.durationMs - startedAfterMs) : durationMs;
}

function drawRequest(race: RequestEnded, paint: Paint): string {
  const { requestId, method, url, durationMs } = race;
  const what = `#${requestId} ${method} ${url} -> `;
  return `${what}${describeResult(race, paint)} in ${Math.round(durationMs)} ms`;
}

function describeResult(race: RequestEnded, paint: Paint): string {
  const { finalStatus: status, outcome, winner, servedBy, resumes, error } = race;
  if (outcome === 'passed-on') return paint('red', 'passed on, as nobody won,');
  if (error?.code === 'ERR_BRP_CLIENT_GONE') return paint('gray', 'nothing, the client went away');
  if (error) return paint('red', `${status}, ${error.code},`);
  const mended = resumes > 0 ? `, resumed ${resumes === 1 ? 'once' : `${resumes} times`},` : '';
  if (winner !== undefined) return `${paint('green', String(status))} by ${winner}${mended}`;
  return `${paint('red', String(status))} of ${servedBy}, as nobody won,`;
}

/** How a bar is drawn. */
interface BarOptions extends Pick<DrawOptions, 'paint'> {
  /** The time that the bar stands for. */
  readonly ms: number;
  /** The time that a cell stands for. */
  readonly cellMs: number;
}

function drawBar({ outcome, startedAfterMs }: AttemptReport, { ms, cellMs, paint }: BarOptions): string {
  const start = Math.min(barWidth - 1, Math.floor(startedAfterMs / cellMs));
  const length = Math.min(barWidth - start, Math.max(1, Math.round(ms / cellMs)));
  return ' '.repeat(start) + paintCells(outcome, length, paint) + ' '.repeat(barWidth - start - length);
}

function paintCells(outcome: AttemptReport['outcome'], count: number, paint: Paint): string {
  const { cell, color } = looks[outcome];
  return paint(color, cell.repeat(count));
}

/** Why an attempt started, where that is no matter of course, as it is in a race. */
function describeReason({ reason, outcome }: AttemptReport): string | false {
  return reason !== 'first' && reason !== 'race' && outcome !== 'resumed' && `(${reason})`;
}

/** Says why an attempt started and how it ended, and how long its response was held. @param before the attempts that started before. */
function describeOutcome(attempt: AttemptReport, before: readonly AttemptReport[]): string {
  const { outcome, status, error, headAfterMs = Infinity, durationMs, brokeOff } = attempt;
  const isFailure = outcome === 'failed' || outcome === 'timed-out';
  const words = [describeReason(attempt), outcome, status, isFailure && error?.code];
  const heldMs = Math.floor(durationMs - headAfterMs);
  const broken = before.findLast((earlier) => earlier.brokeOff);
  return [
    words.filter(Boolean).join(' '),
    outcome === 'resumed' && ` after ${broken?.brokeOff?.atByte} bytes`,
    outcome !== 'resumed' && heldMs > 0 && `, ${heldMs} ms after its head`,
    brokeOff && `, broke off after ${brokeOff.atByte} bytes: ${error?.code}`,
  ]
    .filter(Boolean)
    .join('');
}
