import type http from 'node:http';
import { createAgent, type KeepAliveSettings } from './create-agent.ts';
import { isNamedByOtherAddress } from './server-name.ts';
import type { TlsOptions, UpstreamRequest } from './transport.ts';

/** Where the connection for a request comes from. */
export interface Source {
  readonly agent: http.Agent;
  /** The agent is the user's: what it makes of a request is its own affair. */
  readonly isForeign: boolean;
}

/** Agents of the user's own, for http and for https endpoints. */
export interface AgentPair {
  readonly http?: http.Agent;
  readonly https?: http.Agent;
}

/** What {@link Agents} are made of. */
export interface AgentsSettings extends KeepAliveSettings {
  readonly foreign?: AgentPair | undefined;
}

/** The connection pools: one for http, and one for each set of certificates; and agents of the user's own. */
export class Agents {
  readonly #settings: KeepAliveSettings;
  readonly #foreign: { readonly http: Source | undefined; readonly https: Source | undefined };
  readonly #http: Source;
  readonly #https = new Map<TlsOptions | undefined, Source>();

  constructor({ foreign, ...settings }: AgentsSettings) {
    this.#settings = settings;
    this.#foreign = { http: sourceOf(foreign?.http), https: sourceOf(foreign?.https) };
    this.#http = { agent: createAgent({ secure: false, keepAlive: settings }), isForeign: false };
  }

  /** The pool for a request, or undefined for a connection of its own. */
  for({ address, tls, freshConnection }: UpstreamRequest): Source | undefined {
    const foreign = address.secure ? this.#foreign.https : this.#foreign.http;
    if (foreign) return foreign;
    if (freshConnection || isNamedByOtherAddress(address)) return undefined;
    if (!address.secure) return this.#http;
    let source = this.#https.get(tls);
    if (!source) {
      source = { agent: createAgent({ secure: true, tls, keepAlive: this.#settings }), isForeign: false };
      this.#https.set(tls, source);
    }
    return source;
  }

  close(): void {
    for (const { agent } of [this.#http, ...this.#https.values()]) agent.destroy();
  }
}

function sourceOf(agent: http.Agent | undefined): Source | undefined {
  return agent && { agent, isForeign: true };
}
