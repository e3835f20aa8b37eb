import { hasReadableEvents } from '../../http/event-stream.ts';
import type { ServerSentEvent } from '../../http/first-event.ts';
import { toNodeHeaders } from '../../http/headers.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { InspectedResponse } from '../attempt/inspected-response.ts';
import type { BodyBeginning } from './beginning.ts';
import { firstEventOf } from './hold.ts';

/** How far the user's predicate may look into a body. */
interface InspectLimits {
  /** The most bytes that are shown. */
  readonly inspectLimitBytes: number;
  /** Milliseconds after the head for which more of a body is waited for, or Infinity. */
  readonly holdMs: number;
}

/** A response at which the user's predicate looks, until it is judged. */
export class Inspection {
  readonly #response: Pick<UpstreamResponse, 'status' | 'headers'>;
  readonly #beginning: BodyBeginning;
  readonly #limits: InspectLimits;
  #body: Promise<Buffer> | undefined;
  #firstChunk: Promise<Buffer> | undefined;
  #firstEvent: Promise<ServerSentEvent | undefined> | undefined;
  #isClosed = false;

  constructor(response: Pick<UpstreamResponse, 'status' | 'headers'>, beginning: BodyBeginning, limits: InspectLimits) {
    this.#response = response;
    this.#beginning = beginning;
    this.#limits = limits;
  }

  /** The response as the predicate sees it. */
  get shown(): InspectedResponse {
    const { status, headers } = this.#response;
    const beginning = this.#beginning;
    const { inspectLimitBytes } = this.#limits;
    return {
      status,
      headers: toNodeHeaders(headers),
      get isWhole() {
        return beginning.isWhole && beginning.bytes <= inspectLimitBytes;
      },
      body: () => (this.#body ??= this.#look(() => this.#readBody())),
      firstChunk: () => (this.#firstChunk ??= this.#look(() => this.#readFirstChunk())),
      firstEvent: () => (this.#firstEvent ??= this.#look(() => this.#readFirstEvent())),
    };
  }

  /** Whether the predicate has not asked for anything of the body. */
  get isUntouched(): boolean {
    return !this.#body && !this.#firstChunk && !this.#firstEvent;
  }

  /**
   * Lets nobody look any more. Resolves when a look at the body that is under way has ended. The first chunk or event may never come, as
   * a predicate knows that gives its verdict before, so that nobody waits for them then.
   * @throws BalancingProxyError when the body broke off before it was looked at.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#body;
  }

  #look<Result>(read: () => Promise<Result>): Promise<Result> {
    const look = this.#isClosed ? Promise.reject(new Error('the response was judged already')) : read();
    // A predicate may ask and not wait, so that an endpoint that breaks off would end the process by a rejection that nobody handles.
    look.catch(() => {});
    return look;
  }

  async #readBody(): Promise<Buffer> {
    const beginning = this.#beginning;
    const { inspectLimitBytes, holdMs } = this.#limits;
    const restMs = Math.max(0, beginning.headAt + holdMs - performance.now());
    await beginning.until(() => beginning.bytes >= inspectLimitBytes, restMs);
    return this.#received();
  }

  async #readFirstChunk(): Promise<Buffer> {
    const beginning = this.#beginning;
    await beginning.until(() => beginning.bytes > 0);
    return this.#received();
  }

  async #readFirstEvent(): Promise<ServerSentEvent | undefined> {
    if (!hasReadableEvents(this.#response.headers)) return undefined;
    const find = firstEventOf(this.#beginning);
    await this.#beginning.until(() => find() !== undefined);
    return find();
  }

  #received(): Buffer {
    return this.#beginning.received().subarray(0, this.#limits.inspectLimitBytes);
  }
}
