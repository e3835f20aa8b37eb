import http from 'node:http';
import { later } from '../helpers/late.ts';
import { type Received, request } from '../helpers/proxy.ts';
import { atLeast, until } from '../helpers/until.ts';

/** What became of one request. */
export interface Fate extends Pick<Received, 'status'> {
  readonly method: string;
  readonly number: number;
}

/** An endpoint that can be ended, and comes back where it was. */
export interface Restartable {
  end(): Promise<unknown>;
  start(): Promise<unknown>;
}

/** Sends 50 requests a second with `X-Number`, a GET and a POST by turns, until it is stopped. */
export function startLoad(url: string) {
  const agent = new http.Agent({ keepAlive: true });
  const fates: Array<Promise<Fate>> = [];
  const send = async (number: number): Promise<Fate> => {
    const method = number % 2 === 0 ? 'GET' : 'POST';
    const settings = { method, agent, headers: { 'X-Number': number }, ...(method === 'POST' && { body: 'once' }) };
    return { method, number, status: (await request(url, settings)).status };
  };
  let isLastAnswered = false;
  const timer = setInterval(() => {
    const fate = send(fates.length);
    isLastAnswered = false;
    fate.then(() => {
      isLastAnswered = fate === fates.at(-1);
    });
    fates.push(fate);
  }, 20);
  return {
    /** Resolves when so many more have been sent. */
    more: (count: number) => until(() => fates.length, atLeast(fates.length + count)),
    /** Resolves when a POST has just been answered, so that the next one is about 40 ms away. */
    afterPost: () => until(() => isLastAnswered && fates.length % 2 === 0),
    stop: async (): Promise<readonly Fate[]> => {
      clearInterval(timer);
      const all = await Promise.all(fates);
      agent.destroy();
      return all;
    },
  };
}

/**
 * The fates of requests while their only endpoint is away for 2 s. It is ended between two POSTs: connections that a server has not yet
 * accepted are reset when it stops to listen, and nobody could tell of a POST whether it was seen.
 */
export async function fatesOver(url: string, endpoint: Restartable): Promise<readonly Fate[]> {
  const load = startLoad(url);
  await load.more(25);
  await load.afterPost();
  await endpoint.end();
  const isBack = Promise.withResolvers<unknown>();
  later(2_000, () => isBack.resolve(endpoint.start()));
  await isBack.promise;
  await load.more(25);
  return load.stop();
}
