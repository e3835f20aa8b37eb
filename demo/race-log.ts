import type { Observer } from '../src/index.ts';
import { describeEndpoint } from './endpoint-words.ts';
import { drawLegend, drawRace, paintForTerminal } from './race-lines.ts';
import { type DescribeAttempt, describeHeld, wordsFor } from './race-words.ts';

/** Draws the race of each request on standard output, and says when an endpoint is left out or comes back. */
export interface RaceLog {
  /** The line that explains the drawings. */
  readonly legend: string;
  /**
   * Makes an observer that draws the races of a proxy.
   * @param describe what it says below each drawing, {@link describeHeld} unless given.
   */
  observer(describe?: DescribeAttempt): Observer;
}

/** Makes a log of races. @param maxDelayMs the time that a full bar stands for. */
export function createRaceLog(maxDelayMs: number): RaceLog {
  const look = { scaleMs: maxDelayMs, paint: paintForTerminal };
  return {
    legend: drawLegend(look),
    observer:
      (describe = describeHeld) =>
      (event) => {
        if (event.type === 'request-ended') {
          console.log([...drawRace(event, look), ...wordsFor(event, describe), ''].join('\n'));
          return;
        }
        const words = describeEndpoint(event, look.paint);
        if (words !== undefined) console.log(`${words}\n`);
      },
  };
}
