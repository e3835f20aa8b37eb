import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { EjectionChange } from '../endpoints/ejection.ts';
import type { Candidate } from '../endpoints/pool.ts';
import type { AttemptOutcome, BalancingProxyError } from '../errors.ts';
import type { AttemptReport } from '../events/attempt-report.ts';
import type { HeaderHook } from '../http/header-hook.ts';
import type { HeaderList } from '../http/headers.ts';
import type { IsTerminal } from '../http/terminal.ts';
import type { StartReason } from '../race/rules.ts';
import type { InterimResponse, TlsOptions, Transport, UpstreamResponse } from '../transports/message/transport.ts';
import type { IsUsable } from './inspect.ts';
import type { OutgoingRequest } from './outgoing.ts';

export interface AttemptStart {
  readonly candidate: Candidate;
  readonly reason: StartReason;
  readonly number: number;
  /** By `performance.now()`. */
  readonly requestStartedAt: number;
}

/** The record of one try of one request at one endpoint. */
export class Attempt {
  readonly candidate: Candidate;
  readonly reason: StartReason;
  /** Counts the attempts of a request, from 1. */
  readonly number: number;
  readonly #requestStartedAt: number;
  readonly #startedAt = performance.now();
  #usableAfterMs: number | undefined;
  #ended: Pick<AttemptReport, 'outcome' | 'error' | 'durationMs'> | undefined;
  #discardedBytes = 0;
  #status: number | undefined;

  constructor({ candidate, reason, number, requestStartedAt }: AttemptStart) {
    this.candidate = candidate;
    this.reason = reason;
    this.number = number;
    this.#requestStartedAt = requestStartedAt;
    candidate.endpoint.attemptStarted();
  }

  /** The endpoint's name. */
  get name(): string {
    return this.candidate.endpoint.name;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  answered(status: number): void {
    this.#status = status;
  }

  /** Marks how long the endpoint took; a usable response may still have to wait for the race. */
  becameUsable(): void {
    this.#usableAfterMs = performance.now() - this.#startedAt;
  }

  /** Its response did not win, and so many bytes of the body were read for nobody. */
  discarded(bytes: number): void {
    this.#discardedBytes = bytes;
  }

  /** @returns what it means for the endpoint. */
  end(outcome: AttemptOutcome, error?: BalancingProxyError): EjectionChange {
    const durationMs = performance.now() - this.#startedAt;
    // A cancelled attempt was ended by us: that is no fault to report.
    this.#ended = { outcome, durationMs, ...(error && outcome !== 'cancelled' && { error }) };
    return this.candidate.endpoint.attemptEnded({ outcome, error, elapsedMs: this.#usableAfterMs ?? durationMs });
  }

  report(): AttemptReport {
    return {
      endpoint: this.name,
      reason: this.reason,
      ...(this.#status !== undefined && { status: this.#status }),
      startedAfterMs: this.#startedAt - this.#requestStartedAt,
      ...(this.#ended ?? { outcome: 'pending', durationMs: performance.now() - this.#startedAt }),
      discardedBytes: this.#discardedBytes,
    };
  }
}

/** The options that concern an attempt, complete and checked. */
export interface AttemptOptions {
  readonly transport: Transport;
  readonly timeouts: { readonly connectMs: number; readonly responseMs: number; readonly idleMs: number };
  readonly tls: TlsOptions | undefined;
  readonly terminalStatuses: IsTerminal;
  readonly preferStatuses: IsTerminal;
  readonly isUsable: IsUsable | undefined;
  readonly inspectLimitBytes: number;
  readonly rewriteRequest: HeaderHook | undefined;
  readonly rewriteResponse: HeaderHook | undefined;
  readonly exposeEndpoint: boolean;
}

/** What an attempt needs to know of its request. */
export interface AttemptSettings {
  readonly req: IncomingMessage;
  readonly outgoing: OutgoingRequest;
  readonly config: AttemptOptions;
  /** Stops the attempt; it is also fired when the response head takes too long. */
  readonly abort: AbortController;
}

/** An endpoint's response with our judgement of it. */
export interface Answer {
  readonly attempt: Attempt;
  readonly response: UpstreamResponse;
  /** The headers for the client, when a function of the user has made them. */
  readonly rewritten: HeaderList | undefined;
  /** Interim responses that came before the head. */
  readonly interim: readonly InterimResponse[];
  /** The body, or the whole of it when it was read already. */
  readonly body: Buffer | Readable;
  /** The bytes that the body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  readonly isUsable: boolean;
  /** Usable and of a status that need not wait for a better one. */
  readonly isPreferred: boolean;
}
