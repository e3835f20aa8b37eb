import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { constants as http2Constants } from 'node:http2';
import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../errors.ts';
import type { UpstreamResponse } from '../transports/transport.ts';
import { type HeaderList, stripHopByHop } from './headers.ts';

/** What is sent to the client. */
export interface ClientResponse {
  readonly response: UpstreamResponse;
  /** The whole body when it was read already, else the stream that it comes from. */
  readonly body: Buffer | Readable;
  /** Headers of our own. */
  readonly added: HeaderList;
  /** Milliseconds of silence of the endpoint that are borne, or Infinity. */
  readonly idleMs: number;
}

/** `res` with what some frames and middleware add to it. */
type FlushableResponse = ServerResponse & { flush?(): void };

/** Headers of which the client should get those of the endpoint besides those that were on `res` before. */
const additive: ReadonlySet<string> = new Set(['set-cookie', 'vary']);

/**
 * Sends a response through `res`'s own methods, so that `compression` and the like see it.
 * @returns the number of body bytes that were handed to `res`, when all of them were.
 * @throws BalancingProxyError `ERR_BRP_CONNECTION_LOST` or `ERR_BRP_IDLE_TIMEOUT` when the endpoint broke off; what the
 * client got by then must not look whole, which is up to {@link breakOff}.
 */
export async function respond(res: ServerResponse, answer: ClientResponse): Promise<number> {
  writeHead(res, answer);
  if (!(answer.body instanceof Uint8Array)) return streamBody(res, answer.body, answer);
  res.end(answer.body);
  return answer.body.length;
}

/** Ends a response that cannot be completed so that the client sees it broken (a reset, never a clean end). */
export function breakOff(res: ServerResponse): void {
  const { stream } = res as unknown as Partial<Http2ServerResponse>;
  if (stream) stream.close(http2Constants.NGHTTP2_INTERNAL_ERROR);
  else res.destroy();
}

/** A short plain answer for when there is nobody to pass an error to. It names no endpoint. */
export function respondPlainly(req: IncomingMessage, res: ServerResponse, error: BalancingProxyError): void {
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  const text = `${error.status} ${error.code}\n`;
  res.statusCode = error.status;
  for (const [name, value] of Object.entries(error.headers ?? {})) res.setHeader(name, value);
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(req.method === 'HEAD' ? undefined : text);
}

function writeHead(res: ServerResponse, { response, added }: ClientResponse): void {
  const { status, statusText, headers } = response;
  res.statusCode = status;
  // HTTP/2 has no reason phrase, and Node warns when it is set there (RFC 9113 8.3.2).
  if (statusText !== '' && res.req.httpVersionMajor < 2) res.statusMessage = statusText;
  for (const { name, values } of groupByName([...stripHopByHop(headers), ...added])) {
    const earlier = additive.has(name.toLowerCase()) ? res.getHeader(name) : undefined;
    const all = earlier === undefined ? values : [earlier, values].flat().map(String);
    res.setHeader(name, all.length === 1 && all[0] !== undefined ? all[0] : all);
  }
}

function groupByName(headers: HeaderList): Iterable<{ readonly name: string; readonly values: string[] }> {
  const groups = new Map<string, { name: string; values: string[] }>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    const group = groups.get(name.toLowerCase());
    if (group) group.values.push(value);
    else groups.set(name.toLowerCase(), { name, values: [value] });
  }
  return groups.values();
}

function streamBody(res: FlushableResponse, body: Readable, { response, idleMs }: ClientResponse): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const flush = isEventStream(res) ? () => res.flush?.() : undefined;
  let sent = 0;
  const idle = idleMs < Infinity ? setTimeout(() => fail(idleTimeout(idleMs)), idleMs) : undefined;
  const onData = (chunk: Buffer): void => {
    sent += chunk.length;
    idle?.refresh();
    if (!res.write(chunk)) body.pause();
    flush?.();
  };
  const onDrain = (): void => {
    idle?.refresh();
    body.resume();
  };
  const onEnd = (): void => {
    const list = response.trailers();
    if (list.length > 0) res.addTrailers(pairsOf(list));
    res.end();
    settle();
    resolve(sent);
  };
  const fail = (cause: unknown): void => {
    // A client that reads slowly pauses the body: that is no silence of the endpoint.
    if (cause instanceof BalancingProxyError && body.isPaused()) {
      idle?.refresh();
      return;
    }
    settle();
    reject(cause instanceof BalancingProxyError ? cause : brokenOff(cause));
  };
  const onClose = (): void => fail(undefined);
  const settle = (): void => {
    clearTimeout(idle);
    body.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose);
    res.off('drain', onDrain);
  };
  res.on('drain', onDrain);
  body.on('end', onEnd).on('error', fail).on('close', onClose).on('data', onData);
  // An event stream's first event may be minutes away; its client must see the head now.
  if (body.readableLength === 0 && !body.readableEnded) res.flushHeaders();
  if (body.readableEnded) onEnd();
  else if (body.destroyed) onClose();
  return promise;
}

function isEventStream(res: ServerResponse): boolean {
  return String(res.getHeader('content-type') ?? '').startsWith('text/event-stream');
}

function pairsOf(list: HeaderList): Array<[string, string]> {
  const pairs: Array<[string, string]> = [];
  for (let i = 0; i < list.length; i += 2) pairs.push([list[i] ?? '', list[i + 1] ?? '']);
  return pairs;
}

export function brokenOff(cause: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'the endpoint broke off its response body', { cause });
}

export function idleTimeout(idleMs: number): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_IDLE_TIMEOUT', `no byte of the response body within ${idleMs} ms`);
}
