import dns, { type LookupAddress } from 'node:dns';
import net, { isIP, type LookupFunction, Socket } from 'node:net';
import { lookup as sharedLookup } from './lookup.ts';
import { lackOfDescriptor } from './spare-descriptors.ts';

/** Where an {@link Opening} connects to, how, and within what time. */
export interface ConnectionSettings {
  /** A name to look up or an IP address; undefined where `open` needs none, as for a Unix socket. */
  readonly hostname: string | undefined;
  /** Whether the connection speaks TLS, and so is there only when the handshake is done. */
  readonly secure: boolean;
  /** Milliseconds for DNS, TCP and TLS together, or Infinity. */
  readonly connectMs: number;
  /** Begins to connect to one of the IP addresses; the socket is the opening's until `done` is called. */
  readonly open: (address: string) => Socket;
  /** Makes the error for a connection that is not there in time. */
  readonly createTimeout: () => Error;
}

/** Gets the connection, or the error and no connection. */
type OnConnection = (error: Error | null, socket?: Socket) => void;

/**
 * Opens a connection, to a host name by happy eyeballs (RFC 8305): addresses are tried one after the other, the next one when the one
 * before has failed or is not there after a moment, and the first connection that is there is taken. Node's own `autoSelectFamily`
 * gives up an address when it tries the next one: on a host without IPv6, a name with an IPv4 and an IPv6 address has a quarter of a
 * second to connect, whatever `connectMs` says (node 54359).
 */
export class Opening {
  /** Let go of at the end: the sockets keep this object for as long as they live. */
  #pending: { readonly settings: ConnectionSettings; readonly done: OnConnection } | undefined;
  #addresses: string[] = [];
  /** The sockets that are being opened. */
  readonly #sockets = new Set<Socket>();
  readonly #errors: Error[] = [];
  #limit: NodeJS.Timeout | undefined;
  #nextTimer: NodeJS.Timeout | undefined;

  /** @param done is called once, with the connection or with an error. */
  constructor(settings: ConnectionSettings, done: OnConnection) {
    this.#pending = { settings, done };
  }

  /** Begins to open. */
  start(lookup: LookupFunction = sharedLookup): void {
    if (!this.#pending) return;
    const { hostname, connectMs, createTimeout } = this.#pending.settings;
    if (connectMs < Infinity) this.#limit = setTimeout(() => this.fail(createTimeout()), connectMs);
    if (hostname === undefined || isIP(hostname) !== 0) {
      this.#addresses = [hostname ?? ''];
      this.#openNext();
      return;
    }
    // ADDRCONFIG as node:net has it: only addresses of a kind that this host has itself.
    lookup(hostname, { all: true, hints: process.platform === 'win32' ? 0 : dns.ADDRCONFIG }, (error, found) => {
      if (!this.#pending) return;
      if (!error) this.#addresses = inTurns(found as LookupAddress[]);
      if (this.#addresses.length > 0) this.#openNext();
      else this.fail(error ?? new Error(`no address for ${hostname}`));
    });
  }

  /** Ends the opening with an error, if it has not ended yet. */
  fail(error: Error): void {
    this.#end(error);
  }

  #openNext(): void {
    clearTimeout(this.#nextTimer);
    const address = this.#addresses.shift();
    if (!this.#pending || address === undefined) return;
    const { open, secure } = this.#pending.settings;
    const socket = opened(open, address);
    this.#sockets.add(socket);
    // The listener stays: until the new owner has one, an error would end the process.
    socket.on('error', (error) => this.#onError(socket, error));
    socket.once('connect', () => (secure ? this.#settleFor(socket) : this.#end(null, socket)));
    if (secure) socket.once('secureConnect', () => this.#end(null, socket));
    if (this.#addresses.length > 0) {
      this.#nextTimer = setTimeout(() => this.#openNext(), net.getDefaultAutoSelectFamilyAttemptTimeout());
    }
  }

  #onError(socket: Socket, error: Error): void {
    if (!this.#sockets.delete(socket)) return;
    this.#errors.push(error);
    if (this.#addresses.length > 0) this.#openNext();
    // The address that the system prefers says best what is wrong.
    else if (this.#sockets.size === 0) this.#end(this.#errors[0] ?? error);
  }

  #settleFor(chosen: Socket | undefined): void {
    clearTimeout(this.#nextTimer);
    this.#addresses = [];
    for (const socket of this.#sockets) if (socket !== chosen && this.#sockets.delete(socket)) socket.destroy();
  }

  #end(error: Error | null, socket?: Socket): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = undefined;
    clearTimeout(this.#limit);
    this.#settleFor(socket);
    this.#sockets.clear();
    pending.done(error, socket);
  }
}

/**
 * Opens a socket. An exception of `open`, as for a broken certificate, becomes the error of a socket: nobody could catch it behind a
 * lookup.
 */
function opened(open: ConnectionSettings['open'], address: string): Socket {
  try {
    const lack = lackOfDescriptor();
    return lack ? new Socket().destroy(lack) : open(address);
  } catch (error) {
    return new Socket().destroy(error as Error);
  }
}

/**
 * Puts addresses in order: the families take turns, beginning with that of the first address (RFC 8305 4). Where
 * `autoSelectFamily` is off, only the first address is left.
 */
function inTurns(found: readonly LookupAddress[]): string[] {
  const preferred = found[0]?.family;
  const first = addressesOf(found.filter(({ family }) => family === preferred));
  if (!net.getDefaultAutoSelectFamily()) return first.slice(0, 1);
  const second = addressesOf(found.filter(({ family }) => family !== preferred));
  return first.flatMap((address, i) => [address, ...second.slice(i, i + 1)]).concat(second.slice(first.length));
}

function addressesOf(found: readonly LookupAddress[]): string[] {
  return [...new Set(found.map(({ address }) => address))];
}
