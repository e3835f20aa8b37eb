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

/** How each outcome looks; the cells differ for those who see no colours. */
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
  const latestMs = Math.max(
    scaleMs,
    1,
    ...attempts.map(({ startedAfterMs, durationMs }) => startedAfterMs + durationMs),
  );
  const nameWidth = Math.max(0, ...attempts.map(({ endpoint }) => endpoint.length));
  const lines = attempts.map((attempt) => {
    const duration = `${Math.round(attempt.durationMs)} ms`.padStart(8);
    const bar = drawBar(attempt, latestMs / barWidth, paint);
    return `  ${attempt.endpoint.padEnd(nameWidth)} ${bar} ${duration}  ${describeOutcome(attempt, paint)}`;
  });
  return [drawRequest(race, paint), ...lines];
}

function drawRequest(race: RequestEnded, paint: Paint): string {
  const { requestId, method, url, durationMs } = race;
  const what = `#${requestId} ${method} ${url} -> `;
  return `${what}${describeResult(race, paint)} in ${Math.round(durationMs)} ms`;
}

function describeResult({ finalStatus: status, winner, servedBy, error }: RequestEnded, paint: Paint): string {
  if (error?.code === 'ERR_BRP_CLIENT_GONE') return paint('gray', 'nothing, the client went away');
  if (error) return paint('red', `${status}, ${error.code},`);
  if (winner !== undefined) return `${paint('green', String(status))} by ${winner}`;
  return `${paint('red', String(status))} of ${servedBy}, as nobody won,`;
}

function drawBar({ outcome, startedAfterMs, durationMs }: AttemptReport, cellMs: number, paint: Paint): string {
  const start = Math.min(barWidth - 1, Math.floor(startedAfterMs / cellMs));
  const length = Math.min(barWidth - start, Math.max(1, Math.round(durationMs / cellMs)));
  return ' '.repeat(start) + paintCells(outcome, length, paint) + ' '.repeat(barWidth - start - length);
}

function paintCells(outcome: AttemptReport['outcome'], count: number, paint: Paint): string {
  const { cell, color } = looks[outcome];
  return paint(color, cell.repeat(count));
}

function describeOutcome({ outcome, status, error }: AttemptReport, paint: Paint): string {
  const why = outcome === 'failed' || outcome === 'timed-out' ? error?.code : undefined;
  return paint(looks[outcome].color, [outcome, status, why].filter(Boolean).join(' '));
}
