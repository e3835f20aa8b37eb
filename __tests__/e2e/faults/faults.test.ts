import { chance, seedTitle } from '../../fuzz/seed.ts';
import { rounds } from '../../helpers/thorough.ts';
import { type Cell, clients, isClosed, type Plot, transports } from './cell.ts';
import { everyCell } from './cells.ts';
import { type Rule, rules } from './rules.ts';
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

/** Whether a pause of a busy machine may have done it: it looks like a silence, and lets a reset come in one moment with bytes before it. */
function mayBeStarved(played: Played): boolean {
  const { cell } = played.scene;
  // Node 22 takes such a reset for the end of the connection.
  if (cell.fault === 'RST' && isClosed(cell)) return true;
  return outcomeOf(played) !== undefined && played.ended.attempts.some(({ error }) => error?.status === 504);
}

/** Plays a cell again, alone, until its outcome is the expected one: pauses of a busy machine pass, those of a fault come each time. */
async function complaintWhenCalm(cell: Cell, rule: Rule, stage: FaultStage): Promise<string | undefined> {
  let complaint: string | undefined;
  for (let tries = 0; tries < 5; tries++) {
    const played = await stage.perform(cell);
    complaint = complaintAbout(played, rule);
    if (!complaint || !mayBeStarved(played)) break;
  }
  return complaint;
}

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
        if (complaint && mayBeStarved(played)) starved.push(played.scene.cell);
        else if (complaint) complaints.push(complaint);
      });
      for (const cell of starved) {
        const complaint = await complaintWhenCalm(cell, rule, stage);
        if (complaint) complaints.push(complaint);
      }
      expect(complaints).toEqual([]);
    },
    120_000,
  );
});
