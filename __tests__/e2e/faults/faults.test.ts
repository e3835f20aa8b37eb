import { chance, seedTitle } from '../../fuzz/seed.ts';
import { rounds } from '../../helpers/thorough.ts';
import { type Cell, clients, type Plot, transports } from './cell.ts';
import { everyCell } from './cells.ts';
import { rules } from './rules.ts';
import { FaultStage, type Played } from './stage.ts';
import { complaintAbout, outcomeOf } from './verdict.ts';

const plots = everyCell();
const plotsByRule = rules.map((rule) => ({ rule, plots: plots.filter(rule.isFor) }));

describe('the table of faults', () => {
  test('has one rule for every cell', () => {
    expect(plots.filter((plot) => rules.filter(({ isFor }) => isFor(plot)).length !== 1).slice(0, 5)).toEqual([]);
  });

  test('has no rule that no cell needs, and a reason of its own for each', () => {
    expect(plotsByRule.filter((one) => one.plots.length === 0)).toEqual([]);
    expect(new Set(rules.map(({ why }) => why)).size).toBe(rules.length);
  });
});

function draw<T>(values: readonly T[], ...words: ReadonlyArray<string | number>): T {
  return values[Math.floor(chance(...words) * values.length)] as T;
}

/** So many cells of a rule, with any transport and any client. */
function sampleOf(name: string, from: readonly Plot[], count: number): readonly Cell[] {
  return Array.from({ length: count }, (_, index) => ({
    ...draw(from, 'plot', name, index),
    transport: draw(transports, 'transport', name, index),
    client: draw(clients, 'client', name, index),
  }));
}

const mayBeStarved = (played: Played) =>
  outcomeOf(played) !== undefined && played.ended.attempts.some(({ outcome }) => outcome === 'timed-out');

/** Plays a cell until no endpoint seems silent: the pauses of a busy machine pass, those of a fault come each time. */
async function untilCalm(cell: Cell, stage: FaultStage): Promise<Played> {
  let played = await stage.perform(cell);
  for (let tries = 1; tries < 5 && mayBeStarved(played); tries++) played = await stage.perform(cell);
  return played;
}

const isThere = (complaint: string | undefined) => complaint !== undefined;

describe(`an answer that breaks (${seedTitle})`, () => {
  const stage = new FaultStage();
  beforeAll(() => stage.open());
  afterAll(() => stage.close());

  test.each(plotsByRule.map((one) => ({ ...one, outcome: one.rule.outcome, why: one.rule.why })))(
    'is $outcome: $why',
    async ({ rule, plots: from, why }) => {
      const complaints: string[] = [];
      const starved: Cell[] = [];
      await stage.performAll(sampleOf(why, from, rounds(400, 40)), (played) => {
        const complaint = complaintAbout(played, rule);
        // In a process that is starved every endpoint is silent; such a cell is played again, alone.
        if (complaint && mayBeStarved(played)) starved.push(played.scene.cell);
        else if (complaint) complaints.push(complaint);
      });
      for (const cell of starved) {
        const again = await untilCalm(cell, stage);
        complaints.push(...[complaintAbout(again, rule)].filter(isThere));
      }
      expect(complaints).toEqual([]);
    },
    120_000,
  );
});
