import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { checkedChanges } from '../attempts/attempt/header-hook.ts';
import { takeHeadBack } from '../client/response/respond.ts';
import { isEventStream } from '../http/event-stream.ts';
import { contentLengthOf, type HeaderList } from '../http/headers.ts';
import { isClientGone } from '../http/http2-stream.ts';
import { mayHaveBody } from '../http/may-have-body.ts';
import { contentCodingsOf } from '../http/representation.ts';
import { isPlainObject } from '../support/plain-object.ts';
import { callHook, hookFailed } from '../support/user-function.ts';
import { decoded, knowsCodings } from './decode.ts';
import { HeldResponse } from './held-response.ts';
import type { Intercept, InterceptedChanges } from './intercept.ts';

/** One response that is intercepted. */
interface InterceptionSettings {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly intercept: Intercept;
  /** Most bytes of its body. */
  readonly limitBytes: number;
  /** Gets the error of the user's function. */
  readonly onError: (error: unknown) => void;
}

/** The name by which errors tell of the user's function. */
const name = 'interceptResponse';

/** Headers that tell of the bytes of a body, or promise parts of it, and are wrong of another one. */
const ofBytes = ['content-encoding', 'content-md5', 'content-digest', 'repr-digest', 'digest', 'accept-ranges'];

/** Gives one response to the user's function, and sends what comes of it. */
export class Interception {
  readonly #settings: InterceptionSettings;
  readonly #held: HeldResponse;
  /** The headers that were there before the proxy, for an error page. */
  readonly #headersBefore: OutgoingHttpHeaders;

  constructor(settings: InterceptionSettings) {
    const { res, limitBytes } = settings;
    this.#settings = settings;
    this.#headersBefore = res.getHeaders();
    this.#held = new HeldResponse(res, {
      limitBytes,
      isWanted: () => this.#isWanted(),
      onWhole: (body) => void this.#intercept(body),
    });
  }

  /** Ends it without a response: somebody else answers. */
  end(): void {
    this.#held.letGo();
  }

  #isWanted(): boolean {
    const { res, limitBytes } = this.#settings;
    const headers = headersOf(res);
    const isLong = (contentLengthOf(headers) ?? 0) > limitBytes;
    const isWhole = res.statusCode !== 206 && !isEventStream(headers);
    return mayHaveBody(res.req.method, res.statusCode) && isWhole && !isLong && knowsCodings(contentCodingsOf(headers));
  }

  async #intercept(body: Buffer): Promise<void> {
    const { req, res, intercept, limitBytes, onError } = this.#settings;
    try {
      const codings = body.length > 0 ? contentCodingsOf(headersOf(res)) : '';
      const plain = await decoded(body, codings, limitBytes);
      const response = { status: res.statusCode, headers: res.getHeaders(), req };
      const changes = plain && checked(await callHook(name, () => intercept(plain, response), false));
      if (isClientGone(res)) this.end();
      else if (changes && hasChanges(changes)) this.#sendChanged(changes, body);
      else this.#held.sendOn(body);
    } catch (error) {
      this.end();
      this.#takeHeadersBack();
      if (!isClientGone(res)) onError(error);
    }
  }

  /** @param received the body as it came, coded or not. */
  #sendChanged({ status, headers, body }: InterceptedChanges, received: Buffer): void {
    const { res } = this.#settings;
    // Refused changes are found before anything is changed.
    const changed = checkedChanges(name, headers ?? {}, headersOf(res));
    this.end();
    if (status !== undefined && status !== res.statusCode) {
      res.statusCode = status;
      if (res.req.httpVersionMajor < 2) res.statusMessage = '';
    }
    if (body !== undefined) disownBytes(res);
    for (const [header, values] of changed) {
      const [first, ...more] = values;
      if (first === undefined) res.removeHeader(header);
      else res.setHeader(header, more.length > 0 ? [...values] : first);
    }
    sendWhole(res, body === undefined ? received : Buffer.from(body as string));
  }

  /** An error page must not get `Content-Length`, `ETag` and the like of the response. */
  #takeHeadersBack(): void {
    const { res } = this.#settings;
    if (res.headersSent) return;
    takeHeadBack(res, res.getHeaderNames());
    for (const [header, value] of Object.entries(this.#headersBefore)) {
      if (value !== undefined) res.setHeader(header, value);
    }
  }
}

/** Sends a body with its length, or none where there must be none. */
function sendWhole(res: ServerResponse, body: Buffer): void {
  const hasBody = mayHaveBody(res.req.method, res.statusCode);
  if (hasBody) res.setHeader('Content-Length', body.length);
  else res.removeHeader('Content-Length');
  // Node throws when trailers are announced for a body with a length.
  res.removeHeader('Trailer');
  // With head and body in one go, Node takes some headers for UTF-8 (nodejs/node 46528).
  res.writeHead(res.statusCode);
  if (hasBody && body.length > 0) res.end(body);
  else res.end();
}

/** Takes away, or weakens, what holds for the bytes of another body only: a client may still ask whether there is anything new. */
function disownBytes(res: ServerResponse): void {
  for (const header of ofBytes) res.removeHeader(header);
  const tag = res.getHeader('etag');
  if (typeof tag === 'string' && tag.startsWith('"')) res.setHeader('ETag', `W/${tag}`);
}

function headersOf(res: ServerResponse): HeaderList {
  return Object.entries(res.getHeaders()).flatMap(([header, values]) =>
    [values ?? []].flat().flatMap((value) => [header, String(value)]),
  );
}

function hasChanges({ status, headers, body }: InterceptedChanges): boolean {
  return status !== undefined || headers !== undefined || body !== undefined;
}

/** What the user's function has returned. @throws BalancingProxyError `ERR_BRP_HOOK` for anything else than changes. */
function checked(returned: unknown): InterceptedChanges | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (!isPlainObject(returned)) throw hookFailed(name, 'returned something else than `{ status, headers, body }`');
  const { status, body } = returned as InterceptedChanges;
  const isStatus = status === undefined || (Number.isInteger(status) && status >= 200 && status <= 599);
  if (!isStatus) throw hookFailed(name, `returned the status ${status}: expected one from 200 to 599`);
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw hookFailed(name, `returned a body of type ${typeof body}: expected a string or a Buffer`);
  }
  return returned;
}
