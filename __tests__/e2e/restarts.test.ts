import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type Received, request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { atLeast, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

/** An endpoint in a process of its own, which comes back on its port. */
class RestartingEndpoint {
  /** How often each request was seen, by its number. */
  readonly seen = new Map<number, number>();
  #port = 0;
  #child: ChildProcess | undefined;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    const script = path.join(import.meta.dirname, 'restarts-process.ts');
    this.#child = spawn(process.execPath, [script, String(this.#port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { promise, resolve } = Promise.withResolvers<number>();
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const [word, number] = line.split(' ');
      if (word === 'port') resolve(Number(number));
      else this.seen.set(Number(number), (this.seen.get(Number(number)) ?? 0) + 1);
    });
    this.#port = await promise;
    return this;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const closed = this.#child && once(this.#child, 'close');
    this.#child?.kill(signal);
    await closed;
  }

  close(): Promise<void> {
    return this.end('SIGKILL');
  }
}

/** What became of one request. */
interface Fate extends Pick<Received, 'status'> {
  readonly method: string;
  readonly number: number;
}

/** Sends 50 requests a second, a GET and a POST by turns, until it is stopped. */
function startLoad(url: string) {
  const agent = new http.Agent({ keepAlive: true });
  const fates: Array<Promise<Fate>> = [];
  const send = async (number: number): Promise<Fate> => {
    const method = number % 2 === 0 ? 'GET' : 'POST';
    const settings = { method, agent, headers: { 'X-Number': number }, ...(method === 'POST' && { body: 'once' }) };
    return { method, number, status: (await request(url, settings)).status };
  };
  const timer = setInterval(() => fates.push(send(fates.length)), 20);
  return {
    /** Resolves when so many more have been sent. */
    more: (count: number) => until(() => fates.length, atLeast(fates.length + count)),
    stop: async (): Promise<readonly Fate[]> => {
      clearInterval(timer);
      const all = await Promise.all(fates);
      agent.destroy();
      return all;
    },
  };
}

/** The fates of requests while their only endpoint is ended in this way and away for 2 s. */
async function loadOver(signal: NodeJS.Signals) {
  const endpoint = resources.use(await new RestartingEndpoint().start());
  const served = await resources.serve({ endpoints: [endpoint.url], retry: { forMs: 5_000 } });
  const load = startLoad(served.url);
  await load.more(25);
  await endpoint.end(signal);
  const isBack = Promise.withResolvers<unknown>();
  later(2_000, () => isBack.resolve(endpoint.start()));
  await isBack.promise;
  await load.more(25);
  return { fates: await load.stop(), seen: endpoint.seen, events: served.events };
}

describe('while an only endpoint restarts for 2 s, of 50 requests a second', () => {
  test('none fails, and no POST is sent twice, when it finishes what is under way', async () => {
    const { fates, seen } = await loadOver('SIGTERM');
    expect(fates.length).toBeGreaterThan(100);
    expect(fates.filter(({ status }) => status !== 200)).toEqual([]);
    const posts = fates.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ number }) => seen.get(number) !== 1)).toEqual([]);
  });

  test('no GET fails, and no POST is sent twice or lost that it cannot have seen, when it is killed', async () => {
    const { fates, seen, events } = await loadOver('SIGKILL');
    expect(fates.filter(({ method, status }) => method === 'GET' && status !== 200)).toEqual([]);
    const posts = fates.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ number }) => (seen.get(number) ?? 0) > 1)).toEqual([]);
    const lost = events.flatMap((event) => (event.type === 'request-ended' && event.error ? [event] : []));
    expect(lost).toHaveLength(posts.filter(({ status }) => status !== 200).length);
    // They were on their way over a connection that was there.
    for (const { attempts } of lost) expect(attempts.at(-1)?.error?.code).toBe('ERR_BRP_CONNECTION_LOST');
  });
});

describe('over a connection that is kept alive', () => {
  const ask = async (method: string, options: Partial<BalancingProxyOptions>, headers = {}) => {
    const endpoint = await resources.start(answering(200, 'well'));
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...options });
    await request(url);
    expect(await request(url, { method, headers, ...(method === 'POST' && { body: 'once' }) })).toMatchObject({
      status: 200,
    });
    return endpoint.accepted;
  };

  test.each(['GET', 'PUT', 'DELETE'])('a %s goes also while endpoints are asked again', async (method) => {
    expect(await ask(method, { retry: { forMs: 5_000 } })).toBe(1);
  });

  test('a POST goes only where nobody is asked again', async () => {
    expect(await ask('POST', {})).toBe(1);
    expect(await ask('POST', { retry: { forMs: 5_000 } })).toBe(2);
  });
});
