import { once } from 'node:events';
import http from 'node:http';
import net, { type Socket } from 'node:net';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { type BalancingProxyOptions, createBalancingProxy, type ProxyEvent } from '../../src/index.ts';
import { inTime } from './deadline.ts';
import type { ServedProxy } from './proxy.ts';
import { listen, startTcp, type TestServer } from './servers.ts';

/** The head with which an endpoint switches to a protocol that has no frames, so that bytes are easy to compare. */
export const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n';

/** Serves a proxy that takes requests and upgrades. */
export async function serveUpgrades(options: BalancingProxyOptions): Promise<ServedProxy & { server: TestServer }> {
  const proxy = createBalancingProxy(options);
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const server = await listen(http.createServer(proxy).on('upgrade', proxy.upgrade));
  return {
    url: server.url,
    server,
    proxy,
    events,
    close: async () => {
      await server.close();
      await proxy.close();
    },
  };
}

/** Starts an endpoint that sends every WebSocket message back, and its `WebSocketServer`. */
export async function startEcho(
  settings: ServerOptions = {},
  answer?: http.RequestListener,
): Promise<TestServer & { readonly webSockets: WebSocketServer }> {
  const server = http.createServer(answer);
  const webSockets = new WebSocketServer({ ...settings, server });
  webSockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
  });
  return Object.assign(await listen(server), { webSockets });
}

/** Starts an endpoint that accepts every upgrade with `head` and then does with the connection as it is told. */
export function startSwitching(speak: (socket: Socket) => void = () => {}, head = switching): Promise<TestServer> {
  return startTcp((socket) => {
    socket.once('data', () => {
      socket.write(head);
      speak(socket);
    });
  });
}

/** A bare connection that asks for an upgrade, and what has come over it so far. */
export interface RawClient {
  readonly socket: Socket;
  /** Resolves with everything that came when this text is among it; rejects when the connection closes before. */
  until(text: string): Promise<string>;
  /** Resolves with everything that came when the connection has closed. */
  closed(): Promise<string>;
}

export interface RawSettings {
  /** Bytes to send right behind the request. */
  readonly early?: string;
  /** More header lines, each with its line end. */
  readonly headers?: string;
  readonly protocol?: string;
  readonly method?: string;
  /** The whole head, instead of one that is made of the rest. */
  readonly head?: string;
  /** Keep our side open when the other one ends. */
  readonly allowHalfOpen?: boolean;
}

/** Asks for an upgrade over a bare connection. */
export function connectRaw(url: string, settings: RawSettings = {}): RawClient {
  const { early = '', headers = '', protocol = 'raw', method = 'GET', allowHalfOpen = false } = settings;
  const socket = net.connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen });
  socket.on('error', () => {});
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  const lines = `${method} /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${headers}\r\n`;
  socket.write((settings.head ?? lines) + early, 'latin1');
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  return {
    socket,
    closed: () => closed,
    until: (wanted) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = (): void => {
        if (text.includes(wanted)) resolve(text);
      };
      socket.on('data', look).once('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
      look();
      return inTime(promise, JSON.stringify(wanted), () => text);
    },
  };
}

/** Says a word over a WebSocket of its own. @returns the first word that comes back. */
export async function replyTo(word: string, url: string): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(word);
  const [message] = await once(socket, 'message');
  socket.terminate();
  return String(message);
}
