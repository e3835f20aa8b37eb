import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

/** A server that knows its sockets, so that a test can see them go. */
export interface TestServer {
  /** With `http:`, address and port. */
  readonly url: string;
  /** The port that it listens on. */
  readonly port: number;
  /** The connections that are open at this moment. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** Resolves when no connection is open any more. */
  idle(): Promise<void>;
  /** Stops listening and destroys all connections. */
  close(): Promise<void>;
}

/** A second address of this machine: on macOS of IPv6, since it has no other of IPv4. */
export const secondLoopback = process.platform === 'darwin' ? '::1' : '127.0.0.2';

/** Where a server listens when it matters. */
export interface Place {
  /**
   * An IP address of this machine.
   * @default '127.0.0.1'
   */
  readonly host?: string;
  /** @default a free one */
  readonly port?: number;
}

/** Starts a server of node:http with this listener. */
export function startHttp(listener: RequestListener, place?: Place): Promise<TestServer> {
  return listen(http.createServer({ keepAliveTimeout: 0 }, listener), place);
}

/** Starts a TCP server, for endpoints that do what no HTTP server would. */
export function startTcp(listener: (socket: Socket) => void): Promise<TestServer> {
  return listen(
    net.createServer((socket) => {
      socket.on('error', () => {});
      listener(socket);
    }),
  );
}

/** Has a server listen, and counts its connections. */
export async function listen(
  server: net.Server,
  { host = '127.0.0.1', port: wanted = 0 }: Place = {},
): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let onIdle: (() => void) | undefined;
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) onIdle?.();
    });
  });
  await new Promise<void>((resolve) => server.listen(wanted, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    sockets,
    get accepted() {
      return accepted;
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle = resolve;
        if (sockets.size === 0) resolve();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

let lastRefusedPort = 0;

/** A URL on which nothing listens, a new one each time: a low port, which no server is given by chance in the meantime. */
export async function refusedUrl(): Promise<string> {
  do lastRefusedPort++;
  while (await isListening(lastRefusedPort));
  return `http://127.0.0.1:${lastRefusedPort}`;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}

/** A listener that answers with this status and text. */
export function answering(status: number, text: string, headers: http.OutgoingHttpHeaders = {}): RequestListener {
  return (req: IncomingMessage, res: ServerResponse) => {
    req.resume();
    res.writeHead(status, { 'Content-Length': Buffer.byteLength(text), ...headers });
    res.end(text);
  };
}

/** A listener that never answers. */
export const hanging: RequestListener = (req) => void req.resume();
