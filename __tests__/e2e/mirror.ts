import { createCipheriv, createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { createCertificate } from '../../shared/certificate.ts';
import type { BalancingProxyOptions, RequestEnded } from '../../src/index.ts';
import type { Resources, ServedProxy } from '../helpers/proxy.ts';
import type { TestServer } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

/** How a body breaks off. */
export type Break = 'fin' | 'rst' | 'silence';

/** What one mirror gives, and where it breaks off. */
export interface MirrorSettings {
  readonly content: Buffer;
  /** Sent with each answer; a strong `ETag` among them lets ranges be asked for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the body is sent without a length. @default false */
  readonly isChunked?: boolean;
  /** Whether `Range` is heeded. @default true */
  readonly hasRanges?: boolean;
  /** Bytes of its body after which an answer breaks off, counted by requests; undefined and those behind give all. @default none */
  readonly breaksAt?: ReadonlyArray<number | undefined>;
  /** @default 'rst' */
  readonly how?: Break;
  /** Of a whole body. @default 200 */
  readonly status?: number;
  /** Whether a range is given only of what `If-Range` names. @default true */
  readonly heedsCondition?: boolean;
}

/** A mirror that is being served. */
export interface Mirror extends TestServer {
  /** The requests that have come, by their headers. */
  readonly asked: IncomingMessage['headers'][];
}

/** So many bytes, always the same. */
export function contentOf(bytes: number, seed = 1): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** The hash by which bodies are compared. */
export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Starts a mirror of node:http. */
export async function startMirror(resources: Resources, settings: MirrorSettings): Promise<Mirror> {
  const { asked, listener } = mirroring(settings);
  return Object.assign(await resources.listen(http.createServer(listener)), { asked });
}

/** Starts a mirror that speaks HTTP/2. */
export async function startHttp2Mirror(resources: Resources, settings: MirrorSettings): Promise<Mirror> {
  const { asked, listener } = mirroring(settings);
  const server = http2.createSecureServer(await createCertificate(), listener as never);
  const { url, ...served } = await resources.listen(server);
  return { ...served, url: url.replace('http:', 'https:'), asked };
}

function mirroring(settings: MirrorSettings) {
  const asked: IncomingMessage['headers'][] = [];
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    asked.push(req.headers);
    answer(req, res, { ...settings, stopsAt: settings.breaksAt?.[asked.length - 1] });
  };
  return { asked, listener };
}

/** The part that a single range names, as far as a mirror knows them. */
function partOf(range: string | undefined, { length }: Buffer): [first: number, last: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '') return last === '' ? undefined : [Math.max(0, length - Number(last)), length - 1];
  return [Number(first), last === '' ? length - 1 : Math.min(Number(last), length - 1)];
}

function answer(
  { method, headers: { range, 'if-range': condition } }: IncomingMessage,
  res: ServerResponse,
  settings: MirrorSettings & { readonly stopsAt: number | undefined },
): void {
  const { content, headers = {}, isChunked, hasRanges = true, stopsAt, status = 200 } = settings;
  const isSame = condition === undefined || settings.heedsCondition === false || condition === headers.ETag;
  const part = hasRanges && isSame ? partOf(range, content) : undefined;
  const [first, last] = part ?? [0, content.length - 1];
  const body = content.subarray(first, last + 1);
  res.writeHead(part ? 206 : status, {
    ...(isChunked ? {} : { 'Content-Length': body.length }),
    ...(part && { 'Content-Range': `bytes ${first}-${last}/${content.length}` }),
    ...headers,
  });
  if (method === 'HEAD' || stopsAt === undefined || stopsAt > body.length)
    res.end(method === 'HEAD' ? undefined : body);
  else res.write(body.subarray(0, stopsAt), () => breakOff(res, settings.how ?? 'rst'));
}

function breakOff(res: ServerResponse, how: Break): void {
  if (how === 'silence') return;
  // What was written leaves first, so that the client has it when it sees the break.
  setImmediate(() => {
    if ('stream' in res) (res.stream as http2.ServerHttp2Stream).close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    else if (how === 'fin') res.destroy();
    else (res.socket as Socket | null)?.resetAndDestroy();
  });
}

/** A proxy with the mirrors behind it, which are called `mirror 0` and so on. */
export interface ServedMirrors extends ServedProxy {
  readonly mirrors: readonly Mirror[];
}

/** Serves a proxy for mirrors, one after the other unless said otherwise. */
export async function serveMirrors(
  resources: Resources,
  mirrors: readonly MirrorSettings[],
  options: Partial<BalancingProxyOptions> = {},
  start = startMirror,
): Promise<ServedMirrors> {
  const started: Mirror[] = [];
  for (const mirror of mirrors) started.push(await start(resources, mirror));
  const endpoints = started.map(({ url }, index) => ({ url, name: `mirror ${index}` }));
  const served = await resources.serve({ endpoints, strategy: 'failover', ...options });
  return { ...served, mirrors: started };
}

/** How the first request of a proxy ended, once it has. */
export async function endOf({ events }: Pick<ServedProxy, 'events'>): Promise<RequestEnded> {
  const isEnd = (event: { readonly type: string }) => event.type === 'request-ended';
  await until(() => events.some(isEnd));
  return events.find(isEnd) as RequestEnded;
}

/** Endpoint, reason, outcome and error of each attempt. */
export const outcomesOf = ({ attempts }: RequestEnded) =>
  attempts.map(({ endpoint, reason, outcome, error }) => [endpoint, reason, outcome, error?.code].join(' ').trim());

/** Why attempts have failed, without the endpoints' names. */
export const faultsOf = ({ attempts }: RequestEnded) =>
  attempts
    .slice(1)
    .map(({ error, endpoint }) => error?.message.replace(`${endpoint} does not go on with the body: `, ''));
