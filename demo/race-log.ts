import type { Observer } from '../src/index.ts';
import { drawLegend, drawRace, paintForTerminal } from './race-lines.ts';

/** An observer that draws the race of each request on standard output, with the line that explains the drawings. */
export function createRaceLog(maxDelayMs: number): { readonly observer: Observer; readonly legend: string } {
  const look = { scaleMs: maxDelayMs, paint: paintForTerminal };
  return {
    observer: (event) => {
      if (event.type === 'request-ended') console.log(`${drawRace(event, look).join('\n')}\n`);
    },
    legend: drawLegend(look),
  };
}
