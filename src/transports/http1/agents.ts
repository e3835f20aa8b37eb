import type http from 'node:http';
import type https from 'node:https';
import { isIdempotent } from '../../http/methods.ts';
import { type Parser, valueThat } from '../../support/parser/kinds.ts';
import { fields, optional } from '../../support/parser/option.ts';
import { reject } from '../../support/parser/problems.ts';
import { isPlainObject } from '../../support/plain-object.ts';
import { isNamedByOtherAddress, serverNameOf } from '../connect/server-name.ts';
import type { TlsOptions, UpstreamRequest } from '../message/transport.ts';
import { type AgentPurpose, createAgent, type KeepAliveSettings } from './create-agent.ts';
import { mayBeClosing } from './idle-limit.ts';

/** Where the connection for a request comes from. */
export interface Source {
  readonly agent: http.Agent;
  /** The agent is the user's: what it makes of a request is its own affair. */
  readonly isForeign: boolean;
}

/** Agents of one's own, for http and for https endpoints; where one is missing, it is ours. */
export interface AgentPair {
  readonly http?: http.Agent;
  readonly https?: http.Agent;
}

/** One agent, for the protocol that it is for or, such as those for proxies, for both; or one for each. */
export type AgentOption = http.Agent | AgentPair;

/** Says for which protocols the agents are. */
export const parseAgentPair: Parser<AgentPair> = (value, option) => {
  if (isAgentFor('http:', value) || isAgentFor('https:', value)) {
    return { ...(isAgentFor('http:', value) && { http: value }), ...(isAgentFor('https:', value) && { https: value }) };
  }
  if (!isPlainObject(value)) return reject(option, 'an http.Agent or an object with `http` and `https`', value);
  return fields<AgentPair>({
    http: optional(
      valueThat((one) => isAgentFor('http:', one), 'an agent for http'),
      undefined,
    ),
    https: optional(
      valueThat((one) => isAgentFor('https:', one), 'an agent for https'),
      undefined,
    ),
  })(value, option);
};

/** Node's own agents have one protocol each; those for both look who calls. */
function isAgentFor(protocol: 'http:' | 'https:', value: unknown): value is http.Agent {
  if (typeof value !== 'object' || value === null) return false;
  if (!('addRequest' in value) || typeof value.addRequest !== 'function') return false;
  const own = Object.getOwnPropertyDescriptor(value, 'protocol');
  return own === undefined || own.value === protocol;
}

/** Agents of the user's own. */
export class ForeignAgents {
  readonly #http: Source | undefined;
  readonly #https: Source | undefined;

  constructor({ http, https }: AgentPair = {}) {
    this.#http = http && { agent: http, isForeign: true };
    this.#https = https && { agent: https, isForeign: true };
  }

  for({ address }: UpstreamRequest): Source | undefined {
    return address.secure ? this.#https : this.#http;
  }
}

/** Whether a request waits until its agent may have one more connection. */
export function isInLine(client: http.ClientRequest, source: Source | undefined): boolean {
  const lines: ReadonlyArray<readonly unknown[] | undefined> = Object.values(source?.agent.requests ?? {});
  return lines.some((line) => line?.includes(client));
}

/** The connection pools of our own: one for http, and one for each set of certificates. */
export class Agents {
  readonly #settings: KeepAliveSettings;
  readonly #http: Pool;
  readonly #https = new Map<TlsOptions | undefined, Pool>();

  constructor(settings: KeepAliveSettings) {
    this.#settings = settings;
    this.#http = createPool({ secure: false, keepAlive: settings });
  }

  /** The pool for a request, or undefined for a connection of its own. */
  for(request: UpstreamRequest): Source | undefined {
    const { address, tls, freshConnection, method } = request;
    if (isNamedByOtherAddress(address)) return undefined;
    const pool = address.secure ? this.#secureFor(tls) : this.#http;
    const isFresh = freshConnection || (!isIdempotent(method) && mayMeetItsEnd(pool, request));
    return isFresh ? pool.fresh : pool.kept;
  }

  close(): void {
    for (const { kept, fresh } of [this.#http, ...this.#https.values()]) {
      kept.agent.destroy();
      fresh.agent.destroy();
    }
  }

  #secureFor(tls: TlsOptions | undefined): Pool {
    let pool = this.#https.get(tls);
    if (!pool) {
      pool = createPool({ secure: true, tls, keepAlive: this.#settings });
      this.#https.set(tls, pool);
    }
    return pool;
  }
}

/** Connections that are kept for the next request, and those for one only. */
interface Pool {
  readonly kept: Source;
  readonly fresh: Source;
}

function createPool({ keepAlive, ...purpose }: AgentPurpose & { readonly keepAlive: KeepAliveSettings }): Pool {
  return {
    kept: { agent: createAgent({ ...purpose, keepAlive }), isForeign: false },
    fresh: { agent: createAgent(purpose), isForeign: false },
  };
}

/** Whether a request would go over a connection that its endpoint may be closing just now. */
function mayMeetItsEnd({ kept: { agent } }: Pool, { address, tls }: UpstreamRequest): boolean {
  const { socketPath, hostname, connectTo = hostname, port } = address;
  const place = socketPath === undefined ? { host: connectTo, port } : { socketPath };
  const named = address.secure && { ...(tls as https.AgentOptions), ...serverNameOf(address) };
  const name = agent.getName({ ...place, ...named });
  // The last one is taken.
  const next = agent.freeSockets[name]?.at(-1);
  return next !== undefined && mayBeClosing(next);
}
