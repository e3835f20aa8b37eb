import http, { type ClientRequestArgs } from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from '../../endpoints/place/tls-options.ts';
import { beginIdle, heldFor } from '../connect/idle-limit.ts';
import { Opening } from '../connect/open-connection.ts';
import { probeOverTls } from '../connect/probing.ts';
import type { ConnectionRoute } from '../connect/route.ts';
import { lackOfDescriptor } from '../connect/spare-descriptors.ts';

/** A request that needs a connection, as the option `seeker` of a request to an agent of {@link createAgent}. */
export interface ConnectionSeeker {
  /** The way that its connection takes. */
  readonly route: ConnectionRoute;
  /**
   * Milliseconds for DNS, TCP and TLS together, or Infinity; the agent heeds them for host names, which may have several
   * addresses.
   */
  readonly connectMs: number;
  /** Makes the error for a connection that is not there in time. */
  createTimeout(): Error;
  /** Gets the opening, which can be failed as long as there is no connection. */
  onOpening(opening: Opening): void;
}

/** The options of a request as an agent gets them. */
export type AgentRequest = ClientRequestArgs & {
  seeker?: ConnectionSeeker | undefined;
  readonly keepAliveInitialDelay?: number;
};

/** How connections are kept that no request needs at the moment. */
export interface KeepAliveSettings {
  /** Most idle connections per endpoint. */
  readonly maxFreeSockets: number;
  /** Milliseconds after which an idle connection is closed unless the endpoint names another time, or Infinity. */
  readonly keepAliveTimeoutMs: number;
}

/** Which endpoints an agent is for, and how it keeps connections. */
export interface AgentPurpose {
  /** Whether its endpoints are https ones. */
  readonly secure: boolean;
  /** Certificates for https endpoints. */
  readonly tls?: TlsOptions | undefined;
  /**
   * How idle connections are kept.
   * @default none is kept
   */
  readonly keepAlive?: KeepAliveSettings;
}

/**
 * Makes an agent that opens connections to host names by an {@link Opening}, and keeps idle ones for as long as their endpoints
 * do.
 */
export function createAgent({ secure, tls, keepAlive }: AgentPurpose): http.Agent {
  const { maxFreeSockets, keepAliveTimeoutMs = 0 } = keepAlive ?? {};
  const kept: http.AgentOptions =
    maxFreeSockets === undefined ? {} : { keepAlive: true, maxFreeSockets, scheduling: 'lifo' };
  // The options of an agent go before those of a request, which has the name that holds for its endpoint.
  const { servername: _, ...certificates } = tls ?? {};
  const agent = secure ? new https.Agent({ ...kept, ...(certificates as https.AgentOptions) }) : new http.Agent(kept);
  agent.keepSocketAlive = (socket) => keep(socket as Socket, keepAliveTimeoutMs);
  openInOwnWay(agent, secure);
  return agent;
}

function openInOwnWay(agent: http.Agent, secure: boolean): void {
  const openings = new Set<Opening>();
  const create = agent.createConnection.bind(agent);
  const open = (options: AgentRequest) => {
    const socket = create(options) as Socket;
    return secure ? probeOverTls(socket, options.keepAliveInitialDelay) : socket;
  };
  const destroy = agent.destroy.bind(agent);
  agent.createConnection = (options: AgentRequest, done) => {
    const { host, socketPath, seeker } = options;
    // The agent keeps the options for as long as the connection, and would keep the seeker.
    options.seeker = undefined;
    if (!seeker || !done || !host || socketPath || isIP(host) !== 0) {
      const lack = done && lackOfDescriptor();
      if (!lack) return open(options);
      process.nextTick(done, lack);
      return undefined;
    }
    const settings = {
      hostname: host,
      secure,
      connectMs: seeker.connectMs,
      open: (address: string) => open({ ...options, host: address }),
      createTimeout: () => seeker.createTimeout(),
    };
    const opening = new Opening(settings, (error, socket) => {
      openings.delete(opening);
      done(error, socket as Duplex);
    });
    openings.add(opening);
    seeker.onOpening(opening);
    opening.start(seeker.route.lookup);
    return undefined;
  };
  agent.destroy = () => {
    for (const opening of openings) opening.fail(new Error('the transport was closed'));
    destroy();
  };
}

/**
 * Keeps an idle connection, in the place of Node's own function, which has a header object made that nobody else needs.
 * @returns whether the connection stays.
 */
function keep(socket: Socket, keepAliveTimeoutMs: number): boolean {
  const keptMs = heldFor(socket) ?? keepAliveTimeoutMs;
  if (keptMs <= 0) return false;
  beginIdle(socket);
  socket.setKeepAlive(true, 1_000);
  socket.unref();
  const timeoutMs = keptMs === Infinity ? 0 : keptMs;
  // The timeout goes on while the connection is in use, when the agent does not heed it: setting it anew each time costs more.
  if (socket.timeout !== timeoutMs) socket.setTimeout(timeoutMs);
  return true;
}
