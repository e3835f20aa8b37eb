import { Readable } from 'node:stream';
import type { Candidate } from '../endpoints/candidate.ts';
import { targetFor } from '../endpoints/place/target.ts';
import { BalancingProxyError } from '../errors.ts';
import { isIdempotent } from '../http/methods.ts';
import { messageOf } from '../support/message-of.ts';
import { untilAborted } from '../support/until-aborted.ts';
import type { InterimResponse, UpstreamRequest, UpstreamResponse } from '../transports/message/transport.ts';
import type { Attempt } from './attempt/attempt.ts';
import type { AttemptSettings } from './attempt/attempt-settings.ts';
import { applyHeaderHook } from './attempt/header-hook.ts';
import { hookContext } from './attempt/hook-context.ts';
import { headersFor, type OutgoingRequest } from './request/outgoing.ts';
import { examine } from './response/examine.ts';
import type { JudgedResponse, ReceivedResponse } from './response/judged-response.ts';

/** The most early hints that are kept for the client, because an endpoint that never stops sending them must not fill the memory. */
const maxHints = 16;

/**
 * How often a request that was not looked at goes to the same endpoint again. An endpoint may be closing one connection after
 * another: nginx that serves 100 requests on each connection refuses one of 2,000 requests three times when all are busy.
 */
const maxRepeats = 5;

/** The request of an attempt, how it is to be sent, and how its response is examined. */
export interface SentAttempt extends AttemptSettings {
  /**
   * The endpoints of a request that asks one after the other, so that the attempt counts for the share of failures by which its own is
   * left out. One that is a retry does not count.
   * @default the attempt does not count
   */
  readonly peers?: readonly Candidate[] | undefined;
  /**
   * Finds out what the response is good for, or throws.
   * @default examine
   */
  readonly examination?: (received: ReceivedResponse, settings: AttemptSettings) => Promise<JudgedResponse>;
}

/**
 * Sends a request to an endpoint and examines the response.
 * @throws BalancingProxyError when there is no response that might be given to a client.
 */
export async function sendAttempt(attempt: Attempt, settings: SentAttempt): Promise<JudgedResponse> {
  const { examination = examine } = settings;
  const stopClock = startClock(attempt, settings);
  let response: UpstreamResponse | undefined;
  try {
    const interim: InterimResponse[] = [];
    const request = requestFor(attempt, settings, interim);
    response = await sendReplacingStale(request instanceof Promise ? await request : request, settings);
    attempt.answered(response.status);
    stopClock();
    return await examination({ attempt, response, interim }, settings);
  } catch (thrown) {
    // The transport does not close a connection that has left HTTP.
    response?.upgraded?.socket.destroy();
    throw toAttemptError(thrown, attempt);
  } finally {
    stopClock();
  }
}

/**
 * Limits the time until the response head. A streamed body takes as long as its client does, so that the time counts from the
 * body's end (node-http-proxy 971: uploads over slow lines were cut).
 * @returns the function that ends the limit.
 */
function startClock(attempt: Attempt, { config, outgoing: { body }, abort }: AttemptSettings): () => void {
  const { responseMs } = config.timeouts;
  const streamed = body instanceof Readable ? body : undefined;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    if (responseMs === Infinity) return;
    timer = setTimeout(() => abort.abort(responseTimeout(attempt, responseMs)), responseMs);
  };
  if (streamed) streamed.once('end', start);
  else start();
  return () => {
    clearTimeout(timer);
    streamed?.off('end', start);
  };
}

function requestFor(
  attempt: Attempt,
  { req, outgoing, config, abort: { signal } }: AttemptSettings,
  interim: InterimResponse[],
): UpstreamRequest | Promise<UpstreamRequest> {
  const { address } = attempt.candidate;
  const { rewriteRequest, timeouts, tls } = config;
  const headers = headersFor(address, outgoing);
  const request: UpstreamRequest = {
    address,
    method: outgoing.method,
    target: targetFor(address, outgoing.url),
    headers,
    body: outgoing.body,
    connectMs: timeouts.connectMs,
    idleMs: timeouts.idleMs,
    tls,
    freshConnection: needsFreshConnection(outgoing, config),
    acceptsTrailers: outgoing.acceptsTrailers === true,
    onInterim: keeperOf(interim),
  };
  if (!rewriteRequest) return request;
  const rewriting = applyHeaderHook('rewriteRequest', rewriteRequest, { ...hookContext(attempt, req), headers });
  return untilAborted(rewriting, signal).then((rewritten) => ({ ...request, headers: rewritten }));
}

/**
 * Whether a request must not meet the end of a kept-alive connection: a stream cannot be sent twice, and nobody knows whether a write was
 * seen. An endpoint that stops closes such connections while requests are on their way to it, and serves those that it has just accepted:
 * of 1,700 POSTs during 40 restarts of node:http on a busy machine, 28 were lost over kept-alive connections, and none over their own.
 */
function needsFreshConnection({ method, body }: OutgoingRequest, { retry }: AttemptSettings['config']): boolean {
  return body instanceof Readable || (retry.forMs > 0 && !isIdempotent(method));
}

/** Keeps early hints. A function of its own, because transports hold the listener, and with it all variables of the function that made it. */
function keeperOf(interim: InterimResponse[]): (hint: InterimResponse) => void {
  return (hint) => {
    if (hint.status === 103 && interim.length < maxHints) interim.push(hint);
  };
}

/**
 * Sends a request, and sends it again when the endpoint has not looked at it, which says nothing about its health: a kept-alive
 * connection may be closed just as we reuse it, and the last requests of an HTTP/2 connection are left unread.
 */
function sendReplacingStale(
  request: UpstreamRequest,
  settings: Pick<AttemptSettings, 'config' | 'abort'>,
  repeats = 0,
): Promise<UpstreamResponse> {
  const { signal } = settings.abort;
  return settings.config.transport.send(request, signal).catch((error: unknown) => {
    if (signal.aborted || !mayRepeat(request, error, repeats)) throw error;
    return sendReplacingStale({ ...request, freshConnection: true }, settings, repeats + 1);
  });
}

function mayRepeat({ method, body }: UpstreamRequest, error: unknown, repeats: number): boolean {
  if (!(error instanceof BalancingProxyError)) return false;
  if (body instanceof Readable && body.readableDidRead) return false;
  if (error.code === 'ERR_BRP_NOT_PROCESSED') return repeats < maxRepeats;
  return error.code === 'ERR_BRP_STALE_CONNECTION' && repeats === 0 && isIdempotent(method);
}

function toAttemptError(thrown: unknown, { name }: Attempt): BalancingProxyError {
  if (thrown instanceof BalancingProxyError) return thrown;
  const message = `attempt at ${name} failed: ${messageOf(thrown)}`;
  return new BalancingProxyError('ERR_BRP_ATTEMPT', message, { cause: thrown });
}

function responseTimeout({ name }: Attempt, responseMs: number): BalancingProxyError {
  const message = `no response head from ${name} within ${responseMs} ms`;
  return new BalancingProxyError('ERR_BRP_RESPONSE_TIMEOUT', message);
}
