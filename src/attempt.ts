import type { Readable } from 'node:stream';
import type { Endpoint } from './endpoints/endpoint.ts';
import { type AttemptOutcome, type AttemptReport, BalancingProxyError, isTimeout, messageOf } from './errors.ts';
import { announcedLength, isSmall, readWhole } from './http/incoming.ts';
import { isIdempotent } from './http/methods.ts';
import { headersFor, type OutgoingRequest } from './http/outgoing.ts';
import { targetFor } from './http/target.ts';
import type { Config } from './options/config.ts';
import type { UpstreamRequest, UpstreamResponse } from './transports/transport.ts';

/** An endpoint's response with our judgement of it. */
export interface Answer {
  readonly attempt: Attempt;
  readonly response: UpstreamResponse;
  /** The whole body of a small usable response, else the stream that it still is. */
  readonly body: Buffer | Readable;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  readonly isUsable: boolean;
}

/** The record of one try of one request at one endpoint. */
export class Attempt {
  readonly endpoint: Endpoint;
  readonly #requestStartedAt: number;
  readonly #startedAt = performance.now();
  #ended: Pick<AttemptReport, 'outcome' | 'error' | 'durationMs'> | undefined;
  #status: number | undefined;

  constructor(endpoint: Endpoint, requestStartedAt: number) {
    this.endpoint = endpoint;
    this.#requestStartedAt = requestStartedAt;
    endpoint.attemptStarted();
  }

  answered(status: number): void {
    this.#status = status;
  }

  end(outcome: AttemptOutcome, error?: BalancingProxyError): void {
    const reason = outcome === 'cancelled' ? undefined : error;
    this.#ended = { outcome, durationMs: performance.now() - this.#startedAt, ...(reason && { error: reason }) };
    this.endpoint.attemptEnded(outcome);
  }

  report(): AttemptReport {
    return {
      endpoint: this.endpoint.name,
      ...(this.#status !== undefined && { status: this.#status }),
      startedAfterMs: this.#startedAt - this.#requestStartedAt,
      ...(this.#ended ?? { outcome: 'pending', durationMs: performance.now() - this.#startedAt }),
    };
  }
}

/**
 * Sends a request to an endpoint and judges the response.
 * @param abort stops the attempt; it is fired here when the response head takes too long.
 * @throws BalancingProxyError when there is no complete enough response; the attempt's record has ended then.
 */
export async function sendAttempt(
  attempt: Attempt,
  { outgoing, config, abort }: { outgoing: OutgoingRequest; config: Config; abort: AbortController },
): Promise<Answer> {
  const { responseMs, idleMs } = config.timeouts;
  const timer =
    responseMs < Infinity ? setTimeout(() => abort.abort(responseTimeout(attempt, responseMs)), responseMs) : undefined;
  try {
    const response = await sendReplacingStale(
      upstreamRequest(attempt.endpoint, outgoing, config),
      config,
      abort.signal,
    );
    clearTimeout(timer);
    attempt.answered(response.status);
    const announcedBytes = announcedLength(response, outgoing.method);
    const isUsable = config.terminalStatuses(response.status);
    const body = isUsable && isSmall(announcedBytes) ? await readWhole(response.body, idleMs) : response.body;
    return { attempt, response, body, announcedBytes, isUsable };
  } catch (thrown) {
    const error = toAttemptError(thrown, attempt);
    attempt.end(outcomeOf(error, abort.signal), error);
    abort.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function upstreamRequest(
  { address }: Endpoint,
  { method, url, headers, body }: OutgoingRequest,
  config: Config,
): UpstreamRequest {
  return {
    address,
    method,
    target: targetFor(address, url),
    headers: headersFor(address, headers),
    body,
    connectMs: config.timeouts.connectMs,
    tls: config.tls,
    freshConnection: false,
  };
}

/** A kept-alive connection may be closed by the endpoint just as we reuse it; that says nothing about its health. */
async function sendReplacingStale(
  request: UpstreamRequest,
  { transport }: Config,
  signal: AbortSignal,
): Promise<UpstreamResponse> {
  try {
    return await transport.send(request, signal);
  } catch (error) {
    const isStale = error instanceof BalancingProxyError && error.code === 'ERR_BRP_STALE_CONNECTION';
    if (!isStale || !isIdempotent(request.method) || signal.aborted) throw error;
    return transport.send({ ...request, freshConnection: true }, signal);
  }
}

function outcomeOf(error: BalancingProxyError, signal: AbortSignal): AttemptOutcome {
  if (isTimeout(error)) return 'timed-out';
  return signal.aborted ? 'cancelled' : 'failed';
}

function toAttemptError(thrown: unknown, { endpoint }: Attempt): BalancingProxyError {
  if (thrown instanceof BalancingProxyError) return thrown;
  return new BalancingProxyError('ERR_BRP_ATTEMPT', `attempt at ${endpoint.name} failed: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

function responseTimeout({ endpoint }: Attempt, responseMs: number): BalancingProxyError {
  return new BalancingProxyError(
    'ERR_BRP_RESPONSE_TIMEOUT',
    `no response head from ${endpoint.name} within ${responseMs} ms`,
  );
}
