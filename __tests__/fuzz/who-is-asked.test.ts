import { jest } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptReport } from '../../src/index.ts';
import { useFakeTime } from '../helpers/fake-time.ts';
import { bounded, seedTitle } from './seed.ts';
import { fulfil, isSeen } from './who-is-asked/fates.ts';
import { type Account, play, type Start } from './who-is-asked/play.ts';
import { type Scenario, scenario } from './who-is-asked/scenario.ts';

// Endpoints of several tiers that fail, hang and want to be left alone, by a clock that goes from one timer to the next: whom a request
// asks, why, when and how often, and that it is answered once.

useFakeTime();

const responseMs = 100;

/** Plays a scenario. @returns what became of the requests, and how often each may have been seen by endpoints. */
async function playScenario({ endpoints, options, requests }: Scenario) {
  const sent = endpoints.map(() => 0);
  const seen = requests.map(() => 0);
  const given = endpoints.map(({ tier, maxInFlight }, number) => {
    return { url: `http://e${number}.example`, name: `e${number}`, tier, maxInFlight };
  });
  const { proxy, accounts } = await play({ ...options, endpoints: given }, requests, ({ address, target }) => {
    const number = Number(address.name.slice(1));
    const { fates = [] } = endpoints[number] ?? {};
    const fated = fates[(sent[number] ?? 0) % fates.length];
    if (!fated) throw new Error('there is no such endpoint');
    sent[number] = (sent[number] ?? 0) + 1;
    const request = Number(target.slice(1));
    if (isSeen(fated)) seen[request] = (seen[request] ?? 0) + 1;
    return fulfil(fated, address.name);
  });
  return { proxy, accounts, seen };
}

/** Whether an attempt surely reached nobody. */
const isUnseen = ({ error }: AttemptReport) =>
  error?.code === 'ERR_BRP_CONNECT' || error?.code === 'ERR_BRP_NOT_PROCESSED';

/** Whether an attempt did no harm and no good, so that a request that may be sent twice may be sent again. */
const wasOutOfReach = (report: AttemptReport) =>
  isUnseen(report) || report.error?.code === 'ERR_BRP_CONNECTION_LOST' || [502, 503, 504].includes(report.status ?? 0);

function expectOneAnswer({ message, requestsEnded }: Account): void {
  expect(requestsEnded).toHaveLength(1);
  expect(message).toMatchObject({ isWhole: true, status: requestsEnded[0]?.finalStatus });
}

function expectBestAnswer({ message, requestsEnded }: Account): void {
  const [{ attempts, winner } = { attempts: [], winner: undefined }] = requestsEnded;
  const usable = attempts.filter(
    ({ outcome, status = 0 }) => status < 500 && (outcome === 'won' || outcome === 'lost'),
  );
  if (usable.length === 0) expect(message?.status).toBeGreaterThanOrEqual(500);
  else
    expect(usable.find(({ outcome }) => outcome === 'won')).toMatchObject({
      status: message?.status,
      endpoint: winner,
    });
}

/** Nobody of a further tier is asked while an endpoint of this one may still be of help. */
function expectTierByTier(start: Start, before: readonly Start[], { endpoints, options }: Scenario): void {
  const own = start.endpoints.find(({ name }) => name === start.endpoint);
  const earlier = start.endpoints.filter(({ tier }) => tier < (own?.tier ?? 0));
  for (const { name } of earlier) {
    const attempt = before.find(({ endpoint }) => endpoint === name);
    if (attempt) expect(start.ended.map((ended) => ended.attempt)).toContain(attempt.attempt);
    const states = [...before, start].map((one) => one.endpoints.find((each) => each.name === name)?.state);
    const wasFit =
      states.every((state) => state === 'available') && endpoints[Number(name.slice(1))]?.maxInFlight === 100;
    if (wasFit && options.maxAttempts > 1) expect(attempt).toBeDefined();
  }
}

/** A response that waits for a better one counts as a failure does. */
function expectReason(
  { reason, ended, attempt, endpoint }: Start,
  strategy: string | undefined,
  { endpoints, options }: Scenario,
): void {
  expect(reason === 'first').toBe(attempt === 1);
  if (reason === 'race' || reason === 'hedge') expect(strategy).toBe(reason);
  if (reason === 'failure' && options.preferStatuses !== '200') expect(ended).not.toEqual([]);
  if (reason === 'tier') expect(endpoints[Number(endpoint.slice(1))]?.tier).toBeGreaterThan(0);
}

/** The starts of each round, where one is over before the next one is due. */
function roundsOf({ starts, startedAtMs }: Account, everyMs: number): readonly (readonly Start[])[] {
  const rounds: Start[][] = [[]];
  let beganAtMs = startedAtMs;
  for (const start of starts) {
    if (start.atMs - beganAtMs >= everyMs) {
      rounds.push([]);
      beganAtMs = start.atMs;
    }
    rounds.at(-1)?.push(start);
  }
  return rounds;
}

function expectRounds(account: Account, { endpoints, options: { retry, maxAttempts } }: Scenario): void {
  if (retry.everyMs <= endpoints.length * responseMs) return;
  const [first = [], ...further] = roundsOf(account, retry.everyMs);
  for (const round of [first, ...further]) {
    expect(round.length).toBeLessThanOrEqual(maxAttempts);
    expect(new Set(round.map(({ endpoint }) => endpoint)).size).toBe(round.length);
  }
  expect(first.filter(({ reason }) => reason === 'retry')).toEqual([]);
  expect(further.flat().filter(({ reason }) => reason !== 'retry')).toEqual([]);
}

/** A round begins only in time, and only where sending the request again can do nothing twice. */
function expectRetry(
  { method, reason, atMs, ended, restedMs = 0 }: Start,
  before: readonly Start[],
  { startedAtMs }: Account,
  { options }: Scenario,
): void {
  if (reason !== 'retry') return;
  if (restedMs > 0) expect(atMs - startedAtMs).toBeLessThanOrEqual(options.retry.forMs);
  const isFirst = before.every((one) => one.reason !== 'retry');
  if (isFirst) expect(ended).toHaveLength(before.length);
  const mayFollow = method === 'POST' ? isUnseen : wasOutOfReach;
  if (isFirst || restedMs > 0) expect(ended.filter(({ report }) => !mayFollow(report))).toEqual([]);
}

function expectUnseenBefore({ ended, restedMs, attempt }: Start): void {
  if (attempt > 1) expect(restedMs).toBeDefined();
  expect(ended.filter(({ report }) => !isUnseen(report))).toEqual([]);
}

test(`requests ask whom they should, as often as they should, and are answered once (${seedTitle})`, async () => {
  const property = fc.asyncProperty(scenario, async (given) => {
    const { proxy, accounts, seen } = await playScenario(given);
    const { options, endpoints } = given;
    for (const [number, account] of accounts.entries()) {
      const [ended] = account.requestsEnded;
      expectOneAnswer(account);
      expectBestAnswer(account);
      expectRounds(account, given);
      for (const [index, start] of account.starts.entries()) {
        const before = account.starts.slice(0, index);
        const limit = endpoints[Number(start.endpoint.slice(1))]?.maxInFlight;
        expect(start.endpoints.find(({ name }) => name === start.endpoint)?.inFlight).toBeLessThanOrEqual(limit ?? 0);
        const isByFailure = options.tierDelayMs === Infinity || ended?.strategy === 'single';
        if (isByFailure && start.reason !== 'retry') expectTierByTier(start, before, given);
        expectReason(start, ended?.strategy, given);
        expectRetry(start, before, account, given);
        if (ended?.strategy === 'single') expectUnseenBefore(start);
      }
      if (ended?.strategy === 'single') expect(seen[number]).toBeLessThanOrEqual(1);
      const longestMs = options.retry.forMs + endpoints.length * responseMs + options.loserGraceMs;
      expect(ended?.durationMs).toBeLessThanOrEqual(longestMs);
    }
    expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual(endpoints.map(() => 0));
    expect(jest.getTimerCount()).toBe(0);
    await proxy.close();
  });
  await fc.assert(property, bounded(1_500));
});

const restart = fc.record({
  tiers: fc.array(fc.constantFrom(0, 0, 1), { minLength: 1, maxLength: 3 }),
  upAfterMs: fc.integer({ min: 1, max: 3_000 }),
  method: fc.constantFrom('GET', 'POST'),
  strategy: fc.constantFrom('race', 'hedge', 'failover', 'single'),
  everyMs: fc.integer({ min: 20, max: 500 }),
  ejection: fc.constantFrom(false, { consecutiveFailures: 1, baseMs: 60_000 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
});

test(`requests wait for endpoints that restart, and are sent to no more of them than without it (${seedTitle})`, async () => {
  const property = fc.asyncProperty(restart, async ({ tiers, upAfterMs, method, everyMs, ...options }) => {
    const upAtMs = performance.now() + upAfterMs;
    const endpoints = tiers.map((tier, number) => ({ url: `http://e${number}.example`, name: `e${number}`, tier }));
    const retry = { forMs: upAfterMs + everyMs, everyMs };
    let seen = 0;
    const { accounts } = await play({ ...options, retry, endpoints }, [{ method, afterMs: 0 }], ({ address }) => {
      if (performance.now() < upAtMs) return fulfil({ kind: 'refused', afterMs: 0 }, address.name);
      seen++;
      return fulfil({ kind: 'answer', status: 200, afterMs: 0 }, address.name);
    });
    expect(accounts[0]?.message).toMatchObject({ status: 200, isWhole: true });
    expect(accounts[0]?.requestsEnded[0]?.durationMs).toBeLessThanOrEqual(upAfterMs + everyMs);
    const first = Math.min(...tiers);
    const atOnce = Math.min(options.maxAttempts, tiers.filter((tier) => tier === first).length);
    expect(seen).toBeLessThanOrEqual(options.strategy === 'race' ? atOnce : 1);
  });
  await fc.assert(property, bounded(1_000));
});
