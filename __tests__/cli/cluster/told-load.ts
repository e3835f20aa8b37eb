import http from 'node:http';
import { Resources, request } from '../../helpers/proxy.ts';
import { answerFrom } from '../load.ts';

/** A client with one connection, whose name stands in the path of each of its requests. */
interface Client {
  /** One for each connection: a client that loses its own takes another name. */
  readonly name: string;
  readonly agent: http.Agent;
}

/** Clients that send one request after the other over a connection each, and know which of their connections were lost. */
export class ToldLoad {
  /** The connections on which a request was lost. */
  readonly lost: string[] = [];
  /** Responses that came whole. */
  count = 0;
  /** Milliseconds that the slowest of these took. */
  slowestMs = 0;
  readonly #url: string;
  readonly #running: Promise<void>[] = [];
  readonly #agents = new Resources();
  #names = 0;
  #isStopped = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Starts another client. @returns the name of its connection, once this is there and has brought a response. */
  async add(): Promise<string> {
    const client = this.#connect();
    await this.#sendOne(client);
    this.#running.push(this.#run(client));
    return client.name;
  }

  /** Lets every client finish its request. */
  async close(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
    await this.#agents.closeAll();
  }

  #connect(): Client {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.use({ close: () => agent.destroy() });
    return { name: `connection-${++this.#names}`, agent };
  }

  async #run(first: Client): Promise<void> {
    let client = first;
    while (!this.#isStopped) {
      if (await this.#sendOne(client)) continue;
      this.lost.push(client.name);
      if (this.lost.length > 1_000) throw new Error('nobody serves any more');
      client = this.#connect();
    }
  }

  /** @returns whether the response came whole. */
  async #sendOne({ name, agent }: Client): Promise<boolean> {
    const startedAt = performance.now();
    const { text } = await request(`${this.#url}/${name}`, { agent }).catch((error) => ({ text: String(error) }));
    if (text !== answerFrom('endpoint')) return false;
    this.count++;
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    return true;
  }
}
