import http from 'node:http';
import https from 'node:https';
import type { TlsOptions, UpstreamRequest } from './transport.ts';

/** The connection pools: one for http, and one for each set of certificates. */
export class Agents {
  readonly #settings: http.AgentOptions;
  readonly #http: http.Agent;
  readonly #https = new Map<TlsOptions | undefined, https.Agent>();

  constructor(maxFreeSockets: number) {
    this.#settings = { keepAlive: true, maxFreeSockets, scheduling: 'lifo' };
    this.#http = new http.Agent(this.#settings);
  }

  /** The pool for a request, or false for a connection of its own. */
  for({ address, tls, freshConnection }: UpstreamRequest): http.Agent | false {
    if (freshConnection) return false;
    if (!address.secure) return this.#http;
    let agent = this.#https.get(tls);
    if (!agent) {
      agent = new https.Agent({ ...this.#settings, ...(tls as https.AgentOptions) });
      this.#https.set(tls, agent);
    }
    return agent;
  }

  close(): void {
    for (const agent of [this.#http, ...this.#https.values()]) agent.destroy();
  }
}
