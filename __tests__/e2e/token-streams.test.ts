import { createTokenServer, type TokenManner } from '../../demo/stream/token-servers.ts';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { isThorough, rounds } from '../helpers/thorough.ts';
import {
  headOf,
  noteWrites,
  readTimed,
  Standstills,
  type TimedStream,
  type WriteTimes,
} from '../helpers/timed-events.ts';

const resources = leakCheckedResources();

const tokens = Array.from({ length: 10 }, (_, index) => `token ${index}`);
const pace = { firstAfterMs: 60, everyMs: 10, tokens };

const refusesErrors: Pick<BalancingProxyOptions, 'isUsable'> = {
  isUsable: async (response) => (await response.firstEvent())?.event !== 'error',
};

/** Hedges as often as it likes, and asks the good endpoint last. */
const hedge: Partial<BalancingProxyOptions> = {
  strategy: 'hedge',
  order: 'given',
  hedge: { delayMs: 20, budgetRatio: 1, budgetFloor: 1_000 },
};

/** Token streams behind a proxy, the last of which is good. */
interface Stage {
  readonly proxyUrl: string;
  readonly goodUrl: string;
  readonly written: WriteTimes;
  readonly standstills: Standstills;
}

async function startStage(manners: readonly TokenManner[], options: Partial<BalancingProxyOptions>): Promise<Stage> {
  const others = manners.map((manner) => resources.listen(createTokenServer(manner, pace)));
  const good = createTokenServer('slow', pace);
  const written = noteWrites(good);
  const { url: goodUrl } = await resources.listen(good);
  const endpoints = [...(await Promise.all(others)).map(({ url }) => url), goodUrl];
  const { url: proxyUrl } = await resources.serve({ endpoints, ...options });
  return { proxyUrl, goodUrl, written, standstills: resources.use(new Standstills()) };
}

const textsOf = ({ events }: TimedStream): readonly string[] => events.map(({ text }) => text);

/** How long each event was on its way while this process did not stand still. The end comes with the last token. */
function delaysOf({ events }: TimedStream, written: readonly number[], standstills: Standstills): readonly number[] {
  return written.map((from, index) => {
    const { at = Number.NaN } = events[index] ?? {};
    return at - from - standstills.between(from, at);
  });
}

/** Has a client read the good stream. @returns how long each event was on its way, in ms. */
async function delaysIn({ proxyUrl, goodUrl, written, standstills }: Stage, round: number): Promise<readonly number[]> {
  const [proxied, direct] = await Promise.all([readTimed(`${proxyUrl}/${round}`), readTimed(`${goodUrl}/direct`)]);
  expect(textsOf(proxied)).toEqual(textsOf(direct));
  await standstills.noted();
  return delaysOf(proxied, written.get(`/${round}`) ?? [], standstills);
}

/** Whether the first event has come within 100 ms, and each of the others within 20. */
function isInTime([first = Number.NaN, ...others]: readonly number[]): boolean {
  return first <= 100 && others.length === tokens.length - 1 && others.every((delay) => delay <= 20);
}

describe('three token streams with winAt: first-event', () => {
  test.each<[string, readonly TokenManner[], Partial<BalancingProxyOptions>]>([
    ['race, two silent', ['silent', 'silent'], {}],
    ['hedge, two silent', ['silent', 'silent'], hedge],
    ['race, one silent and one with an error that is refused', ['silent', 'error'], refusesErrors],
    ['hedge, one silent and one with an error that is refused', ['silent', 'error'], { ...hedge, ...refusesErrors }],
  ])('give every client the good one as it is written: %s', async (name, manners, options) => {
    const stage = await startStage(manners, { ...options, winAt: 'first-event' });
    const count = rounds(200);
    let inTime = 0;
    for (let done = 0; done < count; done += 5) {
      const some = await Promise.all([1, 2, 3, 4, 5].map((client) => delaysIn(stage, done + client)));
      inTime += some.filter(isInTime).length;
    }
    if (isThorough) process.stdout.write(`${name}: ${inTime} of ${count}\n`);
    expect(inTime).toBe(count);
  });

  test('give the client an error that comes first where nobody refuses it', async () => {
    const { proxyUrl } = await startStage(['silent', 'error'], { winAt: 'first-event' });
    expect((await request(proxyUrl)).text).toMatch(/^event: error\ndata: .*\n\n$/);
  });
});

describe('a token stream at defaults', () => {
  test('gives the client its head before there is any event', async () => {
    const { url } = await resources.listen(createTokenServer('silent', pace));
    const { url: proxyUrl } = await resources.serve({ endpoints: [url] });
    const response = await headOf(proxyUrl);
    expect(response.headers['content-type']).toBe('text/event-stream');
    response.destroy();
  });

  test('gives the client its head as soon as directly', async () => {
    const { proxyUrl, goodUrl, standstills } = await startStage([], {});
    const headAt = async (url: string) => {
      const response = await headOf(url);
      const at = performance.now();
      response.destroy();
      return at;
    };
    const lags: number[] = [];
    for (let round = 0; round < 21; round++) {
      const [proxied, direct] = await Promise.all([headAt(proxyUrl), headAt(goodUrl)]);
      await standstills.noted();
      lags.push(proxied - direct - standstills.between(direct, proxied));
    }
    expect(lags.sort((a, b) => a - b)[10]).toBeLessThan(20);
  });
});
