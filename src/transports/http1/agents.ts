import type https from 'node:https';
import { isIdempotent } from '../../http/methods.ts';
import type { Source } from '../connect/foreign-agents.ts';
import { mayBeClosing } from '../connect/idle-limit.ts';
import { PerTls } from '../connect/per-tls.ts';
import type { ConnectionRoute } from '../connect/route.ts';
import { isNamedByOtherAddress, serverNameOf } from '../connect/server-name.ts';
import type { UpstreamRequest } from '../message/transport.ts';
import { type AgentPurpose, createAgent, type KeepAliveSettings } from './create-agent.ts';

/** The connection pools of our own: one for http, and one for each set of certificates. */
export class Agents {
  readonly #http: Pool;
  readonly #https: PerTls<Pool>;

  readonly #localAddress: string | undefined;

  /** @param settings for the connections of all pools. @param route the way that they take. */
  constructor(settings: KeepAliveSettings, { localAddress }: ConnectionRoute) {
    this.#localAddress = localAddress;
    this.#http = createPool({ secure: false, keepAlive: settings });
    this.#https = new PerTls({
      create: (tls) => createPool({ secure: true, tls, keepAlive: settings }),
      isUnused: ({ kept, fresh }) => hasNoSocket(kept) && hasNoSocket(fresh),
    });
  }

  /** The pool for a request, or undefined for a connection of its own. */
  for(request: UpstreamRequest): Source | undefined {
    const { address, tls, freshConnection, method } = request;
    if (isNamedByOtherAddress(address, tls)) return undefined;
    const pool = address.secure ? this.#https.for(tls) : this.#http;
    const isFresh = freshConnection || (!isIdempotent(method) && this.#mayMeetItsEnd(pool, request));
    return isFresh ? pool.fresh : pool.kept;
  }

  /** Closes all connections, also those that are being opened. */
  close(): void {
    for (const { kept, fresh } of [this.#http, ...this.#https.all()]) {
      kept.agent.destroy();
      fresh.agent.destroy();
    }
  }

  /** Whether a request would go over a connection that its endpoint may be closing just now. */
  #mayMeetItsEnd({ kept: { agent } }: Pool, { address, tls }: UpstreamRequest): boolean {
    const { socketPath, hostname, connectTo = hostname, port } = address;
    const localAddress = this.#localAddress;
    const place = socketPath === undefined ? { host: connectTo, port } : { socketPath };
    const named = address.secure && { ...(tls as https.AgentOptions), ...serverNameOf(address, tls) };
    const name = agent.getName({ ...place, ...(localAddress !== undefined && { localAddress }), ...named });
    // The agent takes the last one.
    const next = agent.freeSockets[name]?.at(-1);
    return next !== undefined && mayBeClosing(next);
  }
}

/** A pool of connections that are kept for the next request, and one of connections that serve one request only. */
type Pool = Readonly<Record<'kept' | 'fresh', Source>>;

function createPool({ keepAlive, ...purpose }: AgentPurpose & { readonly keepAlive: KeepAliveSettings }): Pool {
  return {
    kept: { agent: createAgent({ ...purpose, keepAlive }), isForeign: false },
    fresh: { agent: createAgent(purpose), isForeign: false },
  };
}

function hasNoSocket({ agent: { sockets, freeSockets } }: Source): boolean {
  return Object.keys(sockets).length === 0 && Object.keys(freeSockets).length === 0;
}
