import type { IncomingMessage } from 'node:http';
import type { AttemptTimeouts } from '../../endpoints/place/configured-endpoint.ts';
import type { TlsOptions } from '../../endpoints/place/tls-options.ts';
import type { IsTerminal } from '../../http/terminal.ts';
import type { Transport } from '../../transports/message/transport.ts';
import type { OutgoingRequest } from '../request/outgoing.ts';
import type { HeaderHook } from './header-hook.ts';
import type { IsUsable } from './inspected-response.ts';

/** The part of a streamed body that must have come before its response may win: none, its first byte, or its first event. */
export type WinAt = 'head' | 'first-byte' | 'first-event';

/** The options that concern an attempt, complete and checked. */
export interface AttemptOptions {
  /** Sends the request. */
  readonly transport: Transport;
  /** Limits in milliseconds, or Infinity. */
  readonly timeouts: AttemptTimeouts;
  /** Certificates and their checking. */
  readonly tls: TlsOptions | undefined;
  /** Whether a status may be given to the client. */
  readonly terminalStatuses: IsTerminal;
  /** Whether a terminal status wins at once. */
  readonly preferStatuses: IsTerminal;
  /** The most bytes of a body that are waited for. */
  readonly holdBytes: number;
  /** Milliseconds after the head for which a body of unknown length is waited for, or Infinity. */
  readonly holdMs: number;
  /** What of a streamed body must have come. */
  readonly winAt: WinAt;
  /** The user's predicate. */
  readonly isUsable: IsUsable | undefined;
  /** The most bytes of a body that the predicate is shown. */
  readonly inspectLimitBytes: number;
  /** For how many milliseconds endpoints are asked again that could not be reached. */
  readonly retry: { readonly forMs: number };
  /** The user's function that changes the headers to an endpoint. */
  readonly rewriteRequest: HeaderHook | undefined;
}

/** The request of an attempt, and how it is to be sent. */
export interface AttemptSettings {
  /** The client's request, for the user's functions. */
  readonly req: IncomingMessage;
  /** The request that goes out, the same for every endpoint. */
  readonly outgoing: OutgoingRequest;
  /** The options. */
  readonly config: AttemptOptions;
  /** Stops the attempt. Fired by the attempt itself, too, when the response head takes too long. */
  readonly abort: AbortController;
}
