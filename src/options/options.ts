import type { IncomingMessage } from 'node:http';
import type { InspectedResponse } from '../attempts/inspect.ts';
import type { LargeBody } from '../client/request/body.ts';
import type { Order } from '../endpoints/order.ts';
import type { HeaderHook } from '../http/header-hook.ts';
import type { PathRewrite } from '../http/target.ts';
import type { Logger } from '../observers/log/logger.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import type { TlsOptions, Transport } from '../transports/message/transport.ts';
import type { EndpointsFunction } from './endpoint.ts';
import type { EjectionSettings, EndpointOption, HedgeOptions, TerminalStatuses, TimeoutOptions } from './timeouts.ts';

/** What {@link createBalancingProxy} takes. Everything but `endpoints` has a default. */
export interface BalancingProxyOptions {
  /**
   * The servers that should all give the same answer, or a function of the request that gives them. A base path and a
   * query are put in front of the request's own. State is kept per URL, address and name, also for what a function gives.
   */
  readonly endpoints: readonly EndpointOption[] | EndpointsFunction;
  /**
   * Statuses that may be given to the client; any other response is discarded while another endpoint may answer.
   * @default '100,200,300,400'
   */
  readonly terminalStatuses?: TerminalStatuses;
  /**
   * Asked when the status has passed: whether this response may be given to the client. For APIs that answer 200 with an
   * error inside. When it throws, rejects or does not settle within `timeouts.responseMs`, the attempt has failed.
   * @default none
   */
  readonly isUsable?: (response: InspectedResponse) => boolean | Promise<boolean>;
  /**
   * Most bytes that `response.body()` gives to `isUsable`.
   * @default 65_536
   */
  readonly inspectLimitBytes?: number;
  /**
   * Terminal statuses that win at once, written like `terminalStatuses`; any other usable response is held for
   * `preferGraceMs` while a better one may come. For mirrors of which some are incomplete: with `'200,300'` a fast 404
   * does not beat a 200.
   * @default every terminal status
   */
  readonly preferStatuses?: TerminalStatuses;
  /**
   * Milliseconds for which a response that is not of `preferStatuses` is held; meanwhile the next attempt starts.
   * @default 100
   */
  readonly preferGraceMs?: number;
  /**
   * `'race'`: ask all endpoints at once. `'hedge'`: ask the next one when the ones before are slow or have failed.
   * `'failover'`: ask the next one only when the one before has failed. `'single'`: ask the next one only if the request
   * surely reached nobody (no address, refused, connect timeout). Or a function of the request that names one of these.
   * @default 'race'
   */
  readonly strategy?: Strategy | ((req: IncomingMessage) => Strategy);
  /**
   * The strategy for methods that the IANA registry does not list as idempotent (POST, PATCH and unknown ones) when the
   * request has no `Idempotency-Key`.
   * @default the same as `strategy`
   */
  readonly unsafeMethods?: Strategy;
  /** When and how often to hedge; see {@link HedgeOptions}. */
  readonly hedge?: HedgeOptions;
  /**
   * Most attempts for one request, the first one included.
   * @default the number of endpoints
   */
  readonly maxAttempts?: number;
  /**
   * Who is asked first: `'given'`, in the order of `endpoints`; `'fastest'`, by recent health, latency and load; or
   * `'random'`. Endpoints that are cooling down or left out come last.
   * @default 'fastest' for `'hedge'`, else 'given'
   */
  readonly order?: Order;
  /**
   * Most attempts under way at one endpoint, responses included that are still coming or kept in case nothing better
   * comes; a full one is passed over.
   * @default Infinity
   */
  readonly maxInFlight?: number;
  /**
   * Milliseconds for which the losers may go on when the winner is known, before they are cancelled. Cancelling costs an
   * HTTP/1.1 connection, and endpoints that are equally fast finish within a few milliseconds of one another. 0 cancels
   * at once, Infinity never.
   * @default 5
   */
  readonly loserGraceMs?: number;
  /**
   * Leaving endpoints out that cannot be reached; see {@link EjectionSettings}. false never leaves one out.
   * @default true
   */
  readonly ejection?: boolean | EjectionSettings;
  /** Limits in milliseconds; see {@link TimeoutOptions}. */
  readonly timeouts?: TimeoutOptions;
  /**
   * Most bytes of a request body that are buffered for replay; a longer one is answered with 413.
   * @default 1_048_576
   */
  readonly bodyLimitBytes?: number;
  /**
   * What to do with a longer body: `'reject'` answers 413, `'stream'` sends it, unbuffered, to one endpoint only.
   * @default 'reject'
   */
  readonly largeBody?: LargeBody;
  /**
   * Makes another path of the request's, query included, after the mount prefix came off and before an endpoint's base
   * path goes on. It must return a path that starts with a slash.
   * @default the path as it is
   */
  readonly pathRewrite?: PathRewrite;
  /**
   * Forwards the client's `Host` instead of the endpoint's own.
   * @default false
   */
  readonly preserveHost?: boolean;
  /**
   * Changes the headers of each attempt: gets them in node:http's form and returns the ones to set; undefined takes a
   * header away. It comes after hop-by-hop headers were taken off. When it throws or rejects, the attempt fails.
   * @default none
   */
  readonly rewriteRequest?: HeaderHook;
  /**
   * The same for the response that is about to win; `context.status` is its status.
   * @default none
   */
  readonly rewriteResponse?: HeaderHook;
  /**
   * Whether to believe the `X-Forwarded-*` and `Forwarded` headers that came in and to append to them; otherwise they
   * are replaced.
   * @default Express's `trust proxy` setting where there is one, else false
   */
  readonly trustForwarded?: boolean | ((req: IncomingMessage) => boolean);
  /**
   * Our pseudonym in the `Via` header, by which a request that comes back to us is recognised. Give all instances of a
   * fleet the same one. A token of RFC 9110 5.6.2.
   * @default `balancing-reverse-proxy-` and 8 random letters
   */
  readonly via?: string;
  /**
   * Tells the client in `X-Served-By` which endpoint answered.
   * @default false
   */
  readonly exposeEndpoint?: boolean;
  /**
   * Gets a line for each request at `info`, or at `warn` when no endpoint's response was good enough: pino, winston,
   * console or the like. No header value is ever logged.
   * @default none
   */
  readonly logger?: Logger;
  /**
   * Writes query strings into the log, too; they often carry secrets.
   * @default false
   */
  readonly logQuery?: boolean;
  /**
   * Certificates and their checking for https endpoints.
   * @default what Node does, with certificates verified
   */
  readonly tls?: TlsOptions;
  /**
   * What sends the attempts. The proxy's `close()` closes it.
   * @default gotTransport()
   */
  readonly transport?: Transport;
}
