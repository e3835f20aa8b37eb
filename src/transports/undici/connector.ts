import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { EndpointAddress } from '../../endpoints/place/address.ts';
import { forgetUnused } from '../connect/forget-unused.ts';
import { Opening } from '../connect/open-connection.ts';
import { probeOverTls, probing } from '../connect/probing.ts';
import type { ConnectionRoute } from '../connect/route.ts';
import { serverNameOf } from '../connect/server-name.ts';
import type { UpstreamRequest } from '../message/transport.ts';

/** Where a connector connects to, and within what time. */
interface ConnectorSettings
  extends Pick<EndpointAddress, 'socketPath' | 'connectTo'>,
    Pick<UpstreamRequest, 'tls' | 'connectMs'> {
  /** The way that its connections take. */
  readonly route: ConnectionRoute;
  /** Makes the error for a connection that is not there in time. */
  readonly createTimeout: () => Error;
  /** Gets the openings that are under way, so that they can be ended. */
  readonly openings: Set<Opening>;
}

/** An endpoint as undici names it: by a name or an IP address without brackets; `port` is empty for the default of the protocol. */
type ConnectionTarget = Readonly<Pick<URL, 'hostname' | 'protocol' | 'port'>>;

/** Opens connections, as undici's option `connect`. */
type Connector = (target: ConnectionTarget, done: (...result: [null, Socket] | [Error, null]) => void) => void;

/** How many servers have their TLS sessions kept. */
const remembered = { max: 100, isUnused: () => true };

/** Makes the connector of a pool, which opens connections by an {@link Opening} and keeps TLS sessions. */
export function createConnector(settings: ConnectorSettings): Connector {
  const { socketPath, connectTo, connectMs, createTimeout, openings, route } = settings;
  const sessions = new Map<string, Buffer>();
  return (target, done) => {
    const secure = target.protocol === 'https:';
    const open = (address: string): Socket => {
      const place = netOptionsOf(target, address, settings);
      return (secure ? openSecure(place, target, { settings, sessions }) : net.connect(place)).setNoDelay();
    };
    const hostname = socketPath === undefined ? (connectTo ?? target.hostname) : undefined;
    const opening = new Opening({ hostname, secure, connectMs, open, createTimeout }, (error, socket) => {
      openings.delete(opening);
      if (socket) done(null, socket);
      else done(error ?? new Error('no connection'), null);
    });
    openings.add(opening);
    opening.start(route.lookup);
  };
}

function netOptionsOf(
  { protocol, port }: ConnectionTarget,
  host: string,
  { socketPath, route: { localAddress } }: ConnectorSettings,
): net.NetConnectOpts {
  if (socketPath !== undefined) return { path: socketPath, ...probing };
  return {
    host,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    ...(localAddress !== undefined && { localAddress }),
    ...probing,
  };
}

interface TlsState {
  readonly settings: ConnectorSettings;
  readonly sessions: Map<string, Buffer>;
}

function openSecure(
  place: net.NetConnectOpts,
  { hostname, port }: ConnectionTarget,
  { settings, sessions }: TlsState,
): Socket {
  const { connectTo, tls: options } = settings;
  const key = `${hostname}:${port}`;
  const socket = tls.connect({
    ...(options as tls.ConnectionOptions),
    ...place,
    ...serverNameOf({ hostname, ...(connectTo !== undefined && { connectTo }) }, options),
    session: sessions.get(key),
    ALPNProtocols: ['http/1.1'],
  });
  return probeOverTls(socket).on('session', (session: Buffer) => {
    forgetUnused(sessions, remembered);
    sessions.set(key, session);
  });
}
