import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Answer, Attempt } from './attempt.ts';
import { type AttemptOutcome, BalancingProxyError, isTimeout, messageOf } from './errors.ts';
import { applyHeaderHook } from './hooks.ts';
import { type HeaderList, stripHopByHop } from './http/headers.ts';
import { announcedLength, faultOf, isSmall, readWhole } from './http/incoming.ts';
import { isIdempotent } from './http/methods.ts';
import { headersFor, type OutgoingRequest } from './http/outgoing.ts';
import { targetFor } from './http/target.ts';
import type { Config } from './options/config.ts';
import type { InterimResponse, UpstreamRequest, UpstreamResponse } from './transports/transport.ts';

/** The first early hints are kept for the client; an endpoint that never stops sending them must not fill the memory. */
const mostHints = 16;

/** What an attempt needs to know of its request. */
export interface AttemptSettings {
  readonly req: IncomingMessage;
  readonly outgoing: OutgoingRequest;
  readonly config: Config;
  /** Stops the attempt; it is also fired here when the response head takes too long or the response is no good. */
  readonly abort: AbortController;
}

/**
 * Sends a request to an endpoint and judges the response.
 * @throws BalancingProxyError when there is no complete enough response; the attempt's record has ended then and
 * nothing of it is open any more.
 */
export async function sendAttempt(attempt: Attempt, settings: AttemptSettings): Promise<Answer> {
  const stopClock = startClock(attempt, settings);
  let response: UpstreamResponse | undefined;
  try {
    const interim: InterimResponse[] = [];
    const request = await upstreamRequest(attempt, settings, (hint) => {
      if (hint.status === 103 && interim.length < mostHints) interim.push(hint);
    });
    response = await sendReplacingStale(request, settings);
    attempt.answered(response.status);
    const headers = await responseHeaders(attempt, response, settings);
    stopClock();
    return await judge({ attempt, response, headers, interim }, settings);
  } catch (thrown) {
    const error = toAttemptError(thrown, attempt);
    attempt.end(outcomeOf(error, settings.abort.signal), error);
    settings.abort.abort(error);
    // A connection that has left HTTP is no longer the transport's to close.
    response?.upgraded?.socket.destroy();
    throw error;
  } finally {
    stopClock();
  }
}

/**
 * Limits the time until the response head. A streamed body takes as long as its client does, so the time counts from
 * its end then (node-http-proxy 971: uploads over slow lines were cut).
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

/** Decides whether a response may win; reads the whole body of a small one, because a cut one may not. */
async function judge(
  { attempt, response, headers, interim }: Pick<Answer, 'attempt' | 'response' | 'headers' | 'interim'>,
  { outgoing, config }: AttemptSettings,
): Promise<Answer> {
  const { method, isUpgrade } = outgoing;
  const { status } = response;
  if (response.upgraded && !isUpgrade) throw unaskedUpgrade(attempt);
  const fault = faultOf(response);
  if (fault) throw badResponse(attempt, fault);
  const isUsable = isUpgrade ? status === 101 : config.terminalStatuses(status);
  const announcedBytes = announcedLength(response, method);
  const isWholeNeeded = isUsable && isSmall(announcedBytes) && !response.upgraded;
  const body = isWholeNeeded ? await readWhole(response.body, config.timeouts.idleMs) : response.body;
  return { attempt, response, headers, interim, body, announcedBytes, isUsable };
}

async function responseHeaders(
  { endpoint }: Attempt,
  response: UpstreamResponse,
  { req, config: { rewriteResponse, exposeEndpoint }, abort: { signal } }: AttemptSettings,
): Promise<HeaderList> {
  const headers = stripHopByHop(response.headers);
  if (exposeEndpoint) headers.push('X-Served-By', endpoint.name);
  if (!rewriteResponse) return headers;
  const context = { req, endpoint: endpoint.name, status: response.status, headers, signal };
  return applyHeaderHook('rewriteResponse', rewriteResponse, context);
}

async function upstreamRequest(
  { endpoint: { address, name } }: Attempt,
  { req, outgoing, config, abort: { signal } }: AttemptSettings,
  onInterim: (interim: InterimResponse) => void,
): Promise<UpstreamRequest> {
  const { rewriteRequest, timeouts, tls } = config;
  const headers = headersFor(address, outgoing);
  return {
    address,
    method: outgoing.method,
    target: targetFor(address, outgoing.url),
    headers: rewriteRequest
      ? await applyHeaderHook('rewriteRequest', rewriteRequest, { req, endpoint: name, headers, signal })
      : headers,
    body: outgoing.body,
    connectMs: timeouts.connectMs,
    tls,
    // A kept-alive one may turn out to be closed, and a stream cannot be sent twice.
    freshConnection: outgoing.body instanceof Readable,
    onInterim,
  };
}

/** A kept-alive connection may be closed by the endpoint just as we reuse it; that says nothing about its health. */
async function sendReplacingStale(
  request: UpstreamRequest,
  { config: { transport }, abort: { signal } }: AttemptSettings,
): Promise<UpstreamResponse> {
  try {
    return await transport.send(request, signal);
  } catch (error) {
    const isStale = error instanceof BalancingProxyError && error.code === 'ERR_BRP_STALE_CONNECTION';
    const mayRepeat = isIdempotent(request.method) && !(request.body instanceof Readable) && !signal.aborted;
    if (!isStale || !mayRepeat) throw error;
    return transport.send({ ...request, freshConnection: true }, signal);
  }
}

function outcomeOf(error: BalancingProxyError, signal: AbortSignal): AttemptOutcome {
  if (isTimeout(error)) return 'timed-out';
  return signal.aborted ? 'cancelled' : 'failed';
}

function toAttemptError(thrown: unknown, { endpoint }: Attempt): BalancingProxyError {
  if (thrown instanceof BalancingProxyError) return thrown;
  const message = `attempt at ${endpoint.name} failed: ${messageOf(thrown)}`;
  return new BalancingProxyError('ERR_BRP_ATTEMPT', message, { cause: thrown });
}

function responseTimeout({ endpoint }: Attempt, responseMs: number): BalancingProxyError {
  const message = `no response head from ${endpoint.name} within ${responseMs} ms`;
  return new BalancingProxyError('ERR_BRP_RESPONSE_TIMEOUT', message);
}

function unaskedUpgrade({ endpoint }: Attempt): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', `${endpoint.name} switched protocols without being asked to`);
}

function badResponse({ endpoint }: Attempt, fault: string): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', `${endpoint.name} answered with ${fault}`);
}
