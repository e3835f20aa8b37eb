import type { IncomingMessage } from 'node:http';
import type { HeaderHook } from '../../http/header-hook.ts';
import type { IsTerminal } from '../../http/terminal.ts';
import type { TlsOptions, Transport } from '../../transports/message/transport.ts';
import type { OutgoingRequest } from '../request/outgoing.ts';
import type { IsUsable } from './inspected-response.ts';

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
