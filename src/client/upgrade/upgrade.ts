import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { type HeaderList, valuesOf } from '../../http/headers.ts';
import { announcesBody, lengthOnWire } from '../../http/on-wire.ts';
import { joinableProtocols } from '../../http/protocols.ts';
import { receivedHeaders } from '../../http/received-headers.ts';
import { responseBrokenOff } from '../../transports/message/response-body.ts';
import type { UpgradedConnection, UpstreamResponse } from '../../transports/message/transport.ts';
import { clientGone } from '../connection/client-faults.ts';
import { closeGently } from '../connection/close.ts';
import type { ClientResponse } from '../response/client-response.ts';
import { writableReason } from '../response/respond.ts';
import { joinConnections } from './join.ts';

/** The most bytes that are held of those that a client sends before its handshake is answered; the rest waits in the network. */
const earlyLimitBytes = 65_536;

/** The response that accepts an upgrade. */
interface Acceptance extends Pick<ClientResponse, 'response' | 'headers' | 'clientMs'> {
  /** Gets the client's connection before anything is read from it. */
  onJoin(client: Duplex): void;
}

/**
 * A client that asked for an upgrade. Node gives its socket away bare: without an error listener a reset would end the
 * process (http-proxy-3 5, httpxy 79), and a socket that nobody reads would hide that the client is gone.
 */
export class UpgradeClient {
  /** Refuses the upgrade in plain HTTP. Closes when the client goes away. */
  readonly res: ServerResponse;
  readonly #socket: Duplex;
  /** The bytes that the client sent behind its request, for the endpoint that accepts the upgrade. */
  readonly #early: Buffer[] = [];
  #earlyBytes = 0;

  /** @param head the bytes that came along with the request. */
  constructor(req: IncomingMessage, socket: Duplex, head: Buffer) {
    this.#socket = socket;
    socket.on('error', () => {});
    this.res = responseOver(req, socket);
    this.res.once('finish', () => {
      socket.off('data', this.#onData);
      this.res.detachSocket(socket as Socket);
      closeGently(socket);
    });
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain);
    this.#onData(head);
  }

  /**
   * Accepts the upgrade and joins the two connections.
   * @param upgraded the connection to the endpoint.
   * @returns the number of bytes that came from the endpoint, once both connections are closed.
   * @throws BalancingProxyError when one of the two is gone already, or the head cannot be sent: the endpoint's connection is closed
   * then, and the client can still be answered. `ERR_BRP_CLIENT_TIMEOUT` when both are closed because the client read nothing.
   */
  async accept(
    { socket: upstream, head }: UpgradedConnection,
    { response, headers, clientMs, onJoin }: Acceptance,
  ): Promise<number> {
    try {
      if (this.#socket.destroyed) throw clientGone();
      if (upstream.destroyed) throw responseBrokenOff(undefined);
      writeSwitch(this.res, response, headers);
    } catch (error) {
      upstream.destroy();
      throw error;
    }
    const client = this.#release();
    onJoin(client);
    if (head.length > 0) upstream.unshift(head);
    return joinConnections({ client, upstream, clientMs });
  }

  /** Gives the socket to whoever reads it next, early bytes first. */
  #release(): Duplex {
    const socket = this.#socket;
    this.res.detachSocket(socket as Socket);
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).pause();
    if (this.#earlyBytes > 0) socket.unshift(Buffer.concat(this.#early));
    return socket;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > earlyLimitBytes) this.#socket.pause();
  };

  /** A client that ends its side before it has an answer has given up, as node:http takes it for any request. */
  readonly #onEnd = (): void => void this.#socket.end();

  /** Without this, which node:http does no longer for a socket that it gave away, a long refusal would stop in the middle. */
  readonly #onDrain = (): void => void this.res.emit('drain');
}

/**
 * Whether a request is served as an upgrade. A request for nothing but `h2c` or the like is served as if it did not ask, and so is one
 * in HTTP/1.0 (RFC 9110 7.8).
 * @throws BalancingProxyError `ERR_BRP_UPGRADE_BODY` when the request has a body, which node:http leaves unread.
 */
export function checkUpgrade(req: IncomingMessage): boolean {
  if (announcesBody(req) && lengthOnWire(req) !== '0') throw upgradeWithBody();
  return req.httpVersion !== '1.0' && joinableProtocols(receivedHeaders(req).list).length > 0;
}

function responseOver(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  try {
    res.assignSocket(socket as Socket);
  } catch {
    // An earlier response is still on this connection: a client that pipelines an upgrade behind it gets neither.
    socket.destroy();
  }
  if (socket.destroyed) res.destroy();
  return res;
}

function writeSwitch(res: ServerResponse, response: UpstreamResponse, kept: HeaderList): void {
  const { status, headers: original } = response;
  const protocols = valuesOf(original, 'upgrade').flatMap((protocol) => ['Upgrade', protocol]);
  res.sendDate = false;
  // Node has read the endpoint's head as Latin-1, and would send it as UTF-8.
  res.socket?.setDefaultEncoding('latin1');
  res.writeHead(status, writableReason(response), ['Connection', 'Upgrade', ...protocols, ...kept]);
  res.flushHeaders();
}

function upgradeWithBody(): BalancingProxyError {
  const advice = "create the server with `shouldUpgradeCallback: (req) => req.headers.upgrade === 'websocket'`";
  return new BalancingProxyError(
    'ERR_BRP_UPGRADE_BODY',
    `a request for an upgrade came with a body, which node:http does not read: ${advice}`,
  );
}
