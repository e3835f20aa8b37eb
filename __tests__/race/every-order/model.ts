import { type Attempt, bestOf, type Due, type Model, nextDue, nothingYet, type Open, without } from './state.ts';
import { type End, type EndKind, type Happening, mayOpen, mayStart, type Setup, type Stage } from './world.ts';

/** The state of a race at its start. */
export function beginning(setup: Setup): Model {
  return open(nothingYet, setup.stages[0], setup);
}

/** The state of a race after one happening more. */
export function step(model: Model, happening: Happening, setup: Setup): Model {
  if (happening.kind === 'wait') return pass(model, model.nowMs + happening.ms, setup);
  if (happening.kind === 'abort') return model.isListening ? end(model, 'aborted') : model;
  if (happening.kind === 'break') return broken(model, happening.attempt);
  return endOfAttempt(model, happening, setup);
}

function pass(model: Model, untilMs: number, setup: Setup): Model {
  const next = nextDue(model);
  if (next === undefined || next.atMs > untilMs) return { ...model, nowMs: untilMs };
  const then = { ...model, nowMs: next.atMs, due: model.due.filter((one) => one !== next) };
  return pass(befall(then, next, setup), untilMs, setup);
}

function befall(model: Model, due: Due, setup: Setup): Model {
  switch (due.what) {
    case 'hedge':
      return startNext(model, { stage: due.stage, reason: 'hedge' }, setup);
    case 'stage':
      return bestOf(model) ? waitForStage(model, setup) : openNext(model, true, setup);
    case 'pause':
      return openNext(model, false, setup);
    case 'grace':
      return winWithHeld(model, setup) ?? withoutHeld(model);
    case 'losers':
      return letGo(model);
  }
}

function endOfAttempt(model: Model, { kind, attempt }: End, setup: Setup): Model {
  const after = { ...model, running: model.running.filter((one) => one !== attempt) };
  const discarded = kind === 'failure' ? model.discarded : [...model.discarded, attempt];
  if (model.result !== 'pending')
    return after.running.length > 0 ? { ...after, discarded } : letGo({ ...after, discarded });
  if (kind === 'usable') return win(after, attempt, setup);
  const isSure = model.held.some(({ condition }) => condition === 'whole');
  const isHeld = (kind === 'lesser' || kind === 'coming') && !isSure;
  return follow(isHeld ? hold(after, { kind, attempt }, setup) : { ...after, discarded }, { kind, attempt }, setup);
}

/** Holds a value, and for no longer than the first one of those that are held. */
function hold(model: Model, { kind, attempt }: End, { preferGraceMs }: Setup): Model {
  const condition = kind === 'coming' ? 'coming' : 'whole';
  const held = [...model.held, { attempt, condition } as const];
  if (model.due.some(({ what }) => what === 'grace')) return { ...model, held };
  return { ...model, held, due: [...model.due, { what: 'grace', atMs: model.nowMs + preferGraceMs }] };
}

function broken(model: Model, attempt: number): Model {
  const held = model.held.map((one) => (one.attempt === attempt ? ({ attempt, condition: 'broken' } as const) : one));
  return { ...model, held };
}

function follow(model: Model, { kind, attempt }: End, setup: Setup): Model {
  const stage = model.attempts[attempt]?.stage ?? NaN;
  if (model.isLast || !mayFollow(kind, setup))
    return usedUp(without({ ...model, isLast: true }, 'hedge', 'stage'), setup);
  return model.opened[stage]?.isUsedUp ? usedUp(model, setup) : startNext(model, { stage, reason: 'failure' }, setup);
}

function mayFollow(kind: EndKind, { follows }: Setup): boolean {
  return follows === 'every end' || (follows === 'failures' && kind === 'failure');
}

/** When nobody is left and nobody runs, whoever is held wins, else the next stage opens, else the race is exhausted. */
function usedUp(model: Model, setup: Setup): Model {
  if (model.running.length > 0) return model;
  const won = winWithHeld(model, setup);
  if (won) return won;
  const rest = withoutHeld(model);
  return model.isLast ? end(rest, 'exhausted') : openNext(rest, false, setup);
}

function openNext(model: Model, isByTime: boolean, setup: Setup): Model {
  const asked = without({ ...model, calls: [...model.calls, isByTime] }, 'stage');
  const next = setup.stages[model.passed];
  if (!mayOpen(next, isByTime)) return asked;
  if (next === undefined) return end(asked, 'exhausted');
  const passed = { ...asked, passed: model.passed + 1 };
  if (typeof next === 'object') return open(passed, next, setup);
  return { ...passed, due: [...passed.due, { what: 'pause', atMs: model.nowMs + next }] };
}

function open(model: Model, rules: Stage, setup: Setup): Model {
  const opened = [...model.opened, { rules, left: rules.candidates, isUsedUp: false }];
  const reason = model.attempts.length === 0 ? 'first' : (rules.opensFor ?? 'failure');
  return startNext(waitForStage({ ...model, opened }, setup), { stage: opened.length - 1, reason }, setup);
}

function waitForStage(model: Model, { stageDelayMs }: Setup): Model {
  if (stageDelayMs === Infinity) return model;
  return { ...model, due: [...model.due, { what: 'stage', atMs: model.nowMs + stageDelayMs }] };
}

/** One attempt more, or without a delay as many as may be. */
function startNext(model: Model, { stage, reason }: Pick<Attempt, 'stage' | 'reason'>, setup: Setup): Model {
  const state = model.opened[stage];
  if (!state) throw new Error(`stage ${stage} has not opened`);
  const untimed = { ...model, due: model.due.filter((one) => one.what !== 'hedge' || one.stage !== stage) };
  const left = passingOver(state.left, model.running.length > 0);
  const [candidate] = left;
  if (candidate === undefined) return usedUp(withStage(untimed, stage, { ...state, left, isUsedUp: true }), setup);
  const { delayMs, mayHedge, reason: own } = state.rules;
  if ((reason === 'race' || reason === 'hedge') && !mayHedge) return withStage(untimed, stage, { ...state, left });
  const started = {
    ...withStage(untimed, stage, { ...state, left: left.slice(1) }),
    attempts: [...model.attempts, { candidate, stage, reason: own ?? reason }],
    running: [...model.running, model.attempts.length],
  };
  if (delayMs === 0) return startNext(started, { stage, reason: 'race' }, setup);
  if (delayMs === Infinity) return started;
  return { ...started, due: [...started.due, { what: 'hedge', stage, atMs: model.nowMs + delayMs }] };
}

function passingOver(left: string, isAnybodyUnderWay: boolean): string {
  const index = [...left].findIndex((candidate) => mayStart(candidate, isAnybodyUnderWay));
  return index === -1 ? '' : left.slice(index);
}

function withStage(model: Model, stage: number, state: Open): Model {
  return { ...model, opened: model.opened.with(stage, state) };
}

function winWithHeld(model: Model, setup: Setup): Model | undefined {
  const best = bestOf(model);
  return best && win({ ...model, held: model.held.filter((one) => one !== best) }, best.attempt, setup);
}

/** All that is held is discarded. */
function withoutHeld(model: Model): Model {
  const discarded = [...model.discarded, ...model.held.map(({ attempt }) => attempt)];
  return { ...without(model, 'grace'), held: [], discarded };
}

/** The losers may go on for a while. */
function win(model: Model, winner: number, { loserGraceMs }: Setup): Model {
  const result = { winner };
  if (loserGraceMs === 0 || model.running.length === 0) return end(model, result);
  const due: Due = { what: 'losers', atMs: model.nowMs + loserGraceMs };
  return { ...decided(model, result), due: loserGraceMs === Infinity ? [] : [due] };
}

function end(model: Model, result: Model['result']): Model {
  return letGo(decided(model, result));
}

/** What is held when something else decides the race is discarded, too. What is decided stays so. */
function decided(model: Model, result: Model['result']): Model {
  const rest = withoutHeld(model);
  return { ...rest, result: model.result === 'pending' ? result : model.result, due: [] };
}

/** Aborts whoever is still under way. */
function letGo(model: Model): Model {
  const aborted = model.isListening ? model.running : model.aborted;
  return { ...model, aborted, due: [], isListening: false };
}
