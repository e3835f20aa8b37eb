import net, { type Socket } from 'node:net';
import { startTcp, type TestServer } from './servers.ts';

/** A request as it came over the wire; every character is one byte. */
export interface RawRequest {
  readonly requestLine: string;
  /**
   * The header lines as they were sent, but for those that belong to each hop and that a transport writes itself: `Host`
   * comes first, `Content-Length` before what says who asked, `Connection` last, their names in this case.
   */
  readonly headers: readonly string[];
  /** What came behind the head, chunk framing included. */
  readonly body: string;
}

/** A TCP endpoint with the requests that it got. */
export interface RawEndpoint extends TestServer {
  readonly requests: RawRequest[];
}

/** Answers one request on its connection. */
export type RawListener = (socket: Socket, request: RawRequest) => void;

/** Starts an endpoint that keeps the exact bytes of every request and answers it, when it is whole, with these bytes. */
export async function startRaw(answer: string | RawListener): Promise<RawEndpoint> {
  const requests: RawRequest[] = [];
  const respond: RawListener = typeof answer === 'string' ? (socket) => void socket.write(answer, 'latin1') : answer;
  const server = await startTcp((socket) => {
    let bytes = '';
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
      const request = parseRequest(bytes);
      if (!request) return;
      bytes = '';
      requests.push(request);
      respond(socket, request);
    });
  });
  return Object.defineProperties({ requests }, Object.getOwnPropertyDescriptors(server)) as RawEndpoint;
}

/** The values of a header, in order, whatever the case of its name. */
export function valuesIn(headers: readonly string[], name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return headers.filter((line) => line.toLowerCase().startsWith(prefix)).map((line) => line.slice(prefix.length + 1));
}

/** What a connection brought until it was closed; every character is one byte. */
export interface RawAnswer {
  readonly text: string;
  /** It ended with a reset, not with an orderly close. */
  readonly isReset: boolean;
}

/**
 * Writes bytes on a connection of its own and reads until the other side closes it.
 * @param onData is told, whenever bytes come, all that came so far.
 */
export function sendRaw(url: string, bytes: string, onData?: (text: string) => void): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  let isReset = false;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    onData?.(text);
  });
  socket.on('error', () => {
    isReset = true;
  });
  socket.on('close', () => resolve({ text, isReset }));
  socket.write(bytes, 'latin1');
  return promise;
}

/** Joins lines to a message head, the empty line included. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The request at the start of these bytes, or undefined while it is not whole. */
function parseRequest(bytes: string): RawRequest | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [requestLine = '', ...headers] = bytes.slice(0, headEnd).split('\r\n');
  const body = bytes.slice(headEnd + 4);
  const isWhole =
    valuesIn(headers, 'transfer-encoding').length > 0
      ? body.endsWith('0\r\n\r\n')
      : body.length >= Number(valuesIn(headers, 'content-length')[0] ?? 0);
  return isWhole ? { requestLine, headers: withOwnLinesInPlace(headers), body } : undefined;
}

/** The lines that each hop writes anew, in one case and place; all others are kept as they are. */
function withOwnLinesInPlace(lines: readonly string[]): string[] {
  const named = (name: string) =>
    lines.filter((line) => isNamed(line, name)).map((line) => name + line.slice(name.length));
  const others = lines.filter((line) => !ownNames.some((name) => isNamed(line, name)));
  const asker = others.findIndex((line) => isNamed(line, 'X-Forwarded-For'));
  const length = named('Content-Length');
  return [
    ...named('Host'),
    ...others.toSpliced(asker === -1 ? others.length : asker, 0, ...length),
    ...named('Connection'),
  ];
}

const ownNames = ['Host', 'Content-Length', 'Connection'];

function isNamed(line: string, name: string): boolean {
  return line.toLowerCase().startsWith(`${name.toLowerCase()}:`);
}
