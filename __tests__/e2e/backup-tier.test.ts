import type { RequestListener, ServerResponse } from 'node:http';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy, type TestEndpoint } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const strategies = ['race', 'hedge', 'failover'] as const;

/** A server of tier 0 that can be told what to do with its requests, and to listen no more. */
class Primary {
  listener: RequestListener = answering(200, 'primary');
  /** Responses that wait for {@link Primary.answerAll}. */
  readonly held: ServerResponse[] = [];
  #server: TestEndpoint | undefined;
  #port: number | undefined;
  #asked = 0;

  async listen(): Promise<this> {
    this.#server = await resources.start(
      (req, res) => {
        this.#asked++;
        this.listener(req, res);
      },
      this.#port === undefined ? {} : { port: this.#port },
    );
    this.#port = this.#server.port;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  asked = (): number => this.#asked;

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  answerAll(): void {
    for (const res of this.held.splice(0)) answering(200, 'primary')(res.req, res);
  }
}

/** Tier 0 behind its proxy. */
interface Scene extends Pick<ServedProxy, 'proxy' | 'url'> {
  readonly primaries: readonly Primary[];
}

/** A way of being down, and of coming back. */
interface Outage {
  readonly options?: Partial<BalancingProxyOptions>;
  down(scene: Scene): unknown;
  /** After they have been told to answer as before. @default nothing more */
  up?(scene: Scene): unknown;
  /** Whether only one request is sent at a time. @default false */
  readonly isOneByOne?: boolean;
}

/** All of tier 0 do the same from now on. */
const all = (listener: RequestListener) => ({
  down: ({ primaries }: Scene) => {
    for (const primary of primaries) primary.listener = listener;
  },
});

const areAvailable = ({ proxy }: Scene) => until(() => proxy.endpoints.every(({ state }) => state === 'available'));

/** Fills tier 0 with requests that are not answered yet. */
async function fill(scene: Scene): Promise<void> {
  const { primaries, proxy, url } = scene;
  for (const primary of primaries) primary.listener = (_, res) => void primary.held.push(res);
  const free = () => proxy.endpoints.filter(({ tier, inFlight }) => tier === 0 && inFlight === 0).length;
  while (free() > 0) {
    const before = free();
    void request(url);
    await until(() => free() < before);
  }
  await until(() => primaries.every(({ held }) => held.length === 1));
}

async function empty({ primaries, proxy }: Scene): Promise<void> {
  for (const primary of primaries) primary.answerAll();
  await until(() => proxy.endpoints.every(({ inFlight }) => inFlight === 0));
}

const outages: Readonly<Record<string, Outage>> = {
  'refuses connections, and is ejected': {
    options: { ejection: { consecutiveFailures: 2, baseMs: 1_000, maxMs: 1_000 } },
    down: ({ primaries }) => Promise.all(primaries.map((primary) => primary.stop())),
    up: async (scene) => {
      await Promise.all(scene.primaries.map((primary) => primary.listen()));
      await areAvailable(scene);
    },
  },
  'refuses connections, and is not ejected': {
    options: { ejection: false },
    down: ({ primaries }) => Promise.all(primaries.map((primary) => primary.stop())),
    up: ({ primaries }) => Promise.all(primaries.map((primary) => primary.listen())),
  },
  'answers 500': all(answering(500, 'sorry')),
  'answers 500, and is ejected for that': {
    options: { ejection: { failureRatio: 0.3, minRequests: 4, baseMs: 1_000, maxMs: 1_000 } },
    ...all(answering(500, 'sorry')),
    up: areAvailable,
  },
  'answers 503, and is cooling down': {
    ...all(answering(503, 'busy', { 'Retry-After': '1' })),
    up: areAvailable,
  },
  'answers 429, and is cooling down': {
    options: { terminalStatuses: '!429' },
    ...all(answering(429, 'busy', { 'Retry-After': '1' })),
    up: areAvailable,
  },
  'breaks connections off': all((_, res) => void res.destroy()),
  'breaks bodies off within the hold': {
    options: { holdMs: 10_000 },
    ...all((_, res) => void res.writeHead(200).write('half', () => res.destroy())),
  },
  'gives what is not usable': {
    options: { isUsable: async (response) => String(await response.body()) !== 'stale' },
    ...all(answering(200, 'stale')),
  },
  'does not answer within responseMs': { options: { timeouts: { responseMs: 1_000 } }, ...all(hanging) },
  'is drained': {
    down: ({ proxy, primaries }) => primaries.map(({ url }) => proxy.drain(url)),
    up: ({ proxy, primaries }) => primaries.map(({ url }) => proxy.restore(url)),
  },
  'is full': { options: { maxInFlight: 1 }, down: fill, up: empty, isOneByOne: true },
};

async function serveScene(options: Partial<BalancingProxyOptions>) {
  const primaries = [await new Primary().listen(), await new Primary().listen()];
  const backup = await resources.startSaying('backup');
  const endpoints = [{ url: backup.url, tier: 1 }, ...primaries.map(({ url }) => url)];
  return { ...(await resources.serve({ ...options, endpoints })), primaries, backup };
}

/** The texts that so many clients are given. The first one asks alone: an endpoint that was ejected is tried by one request. */
async function askFor(count: number, url: string, isOneByOne: boolean): Promise<ReadonlySet<string>> {
  const texts: string[] = [];
  const ask = async () => void texts.push((await request(url)).text);
  const alone = isOneByOne ? count : 1;
  for (let i = 0; i < alone; i++) await ask();
  await Promise.all(Array.from({ length: count - alone }, ask));
  return new Set(texts);
}

describe.each(strategies)('in a %s a backup tier', (strategy) => {
  test.each(Object.entries(outages))(
    'is asked only while the first tier is down, which %s',
    async (_, { options, down, up, isOneByOne = false }) => {
      const scene = await serveScene({ strategy, loserGraceMs: 0, ...options });
      const { url, backup, primaries } = scene;
      const ask = () => askFor(8, url, isOneByOne);
      expect([await ask(), backup.asked()]).toEqual([new Set(['primary']), 0]);
      await down(scene);
      expect([await ask(), backup.asked()]).toEqual([new Set(['backup']), 8]);
      for (const primary of primaries) primary.listener = answering(200, 'primary');
      await up?.(scene);
      expect([await ask(), backup.asked()]).toEqual([new Set(['primary']), 8]);
    },
  );
});
