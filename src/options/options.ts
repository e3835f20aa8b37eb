import type { IncomingMessage } from 'node:http';
import type { LargeBody } from '../client/request/body.ts';
import type { Order } from '../endpoints/order.ts';
import type { TlsOptions } from '../endpoints/place/tls-options.ts';
import type { Logger } from '../observers/log/logger.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import type { Transport } from '../transports/message/transport.ts';
import type { AnswerOptions } from './answers.ts';
import type { EjectionOptions } from './ejection.ts';
import type { EndpointOption, EndpointsFunction } from './endpoint.ts';
import type { EndpointsByDns } from './endpoints-by-dns.ts';
import type { HedgeOptions } from './hedge.ts';
import type { RetryOptions } from './retry.ts';
import type { RewriteOptions } from './rewrites.ts';
import type { TimeoutOptions } from './timeouts.ts';

/**
 * How {@link createBalancingProxy} forwards requests. Everything but `endpoints` has a default.
 * @typeParam Request what the functions among the options get: the frame's own type of a request, such as Express's.
 */
export interface BalancingProxyOptions<Request extends IncomingMessage = IncomingMessage>
  extends AnswerOptions<Request>,
    RewriteOptions<Request> {
  /**
   * The servers that should all give the same answer, or a function of the request that gives them. Base path and query of a URL are
   * put in front of the request's own. An item with `dns` stands for all addresses behind a name; see {@link EndpointsByDns}. State is
   * kept per URL, address and name, also of endpoints that a function or DNS gives.
   */
  readonly endpoints: ReadonlyArray<EndpointOption | EndpointsByDns> | EndpointsFunction<Request>;
  /**
   * How the endpoints are asked: by a strategy, see {@link Strategy}, or by the one that a function of the request names.
   * @default 'race'
   */
  readonly strategy?: Strategy | ((req: Request) => Strategy) | undefined;
  /**
   * The strategy for POST, PATCH and all other methods that are not idempotent, when the request has no `Idempotency-Key`. The IANA
   * registry says which methods are idempotent. As `strategy`, it may be a function of the request, which is asked for those only.
   * @default the same as `strategy`
   */
  readonly unsafeMethods?: Strategy | ((req: Request) => Strategy) | undefined;
  /** When and how often to hedge; see {@link HedgeOptions}. */
  readonly hedge?: HedgeOptions | undefined;
  /**
   * Most attempts for one request, the first one included; of each round, where endpoints are asked again.
   * @default the number of endpoints
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Time from the start of one tier of endpoints to that of the next, although endpoints of the first may still answer, in milliseconds.
   * Infinity waits until each of them has failed or is left out.
   * @default Infinity
   */
  readonly tierDelayMs?: number | undefined;
  /** Ask all endpoints again that could not be reached, instead of answering 502 at once; see {@link RetryOptions}. */
  readonly retry?: RetryOptions | undefined;
  /**
   * Give a request to which no response is usable to `next()`, without an error, instead of answering it: whatever is mounted behind the
   * proxy may answer, with the body that was read in `req.rawBody`, a Buffer. Requests whose body was streamed, upgrades, and requests
   * without a `next` are answered all the same.
   * @default false
   */
  readonly fallthrough?: boolean | undefined;
  /**
   * Which endpoint is asked first: `'given'`, in the order of `endpoints`; `'fastest'`, by recent health, latency and load; or
   * `'random'`. Endpoints that are cooling down or left out come last.
   * @default 'fastest' for `'hedge'`, else 'given'
   */
  readonly order?: Order | undefined;
  /**
   * Most attempts and responses under way at one endpoint; a full endpoint is passed over. Responses count as long as they are still
   * coming, or kept in case nothing better comes.
   * @default Infinity
   */
  readonly maxInFlight?: number | undefined;
  /**
   * Time for which the losers may go on when the winner is known, in milliseconds, before they are cancelled. Cancelling costs an
   * HTTP/1.1 connection, and endpoints that are equally fast finish within a few milliseconds of one another. 0 cancels
   * at once, Infinity never.
   * @default 5
   */
  readonly loserGraceMs?: number | undefined;
  /**
   * Leave endpoints out that cannot be reached; see {@link EjectionOptions}. false never leaves one out.
   * @default true
   */
  readonly ejection?: boolean | EjectionOptions | undefined;
  /** Limits of time; see {@link TimeoutOptions}. */
  readonly timeouts?: TimeoutOptions | undefined;
  /**
   * Largest request body, as it is kept for every endpoint; a larger one is answered with 413, unless `largeBody` says otherwise.
   * In bytes.
   * @default 1_048_576
   */
  readonly bodyLimitBytes?: number | undefined;
  /**
   * How a larger body is treated: `'reject'` answers 413, `'stream'` sends it, unbuffered, to one endpoint only.
   * @default 'reject'
   */
  readonly largeBody?: LargeBody | undefined;
  /**
   * Forward the client's `Host` instead of the endpoint's own.
   * @default false
   */
  readonly preserveHost?: boolean | undefined;
  /**
   * Believe the `X-Forwarded-*` and `Forwarded` headers of clients, and append to them; otherwise they are replaced. Or a list of the
   * clients to believe, by the address that connects to us: IP addresses, networks such as `'10.0.0.0/8'` and `'fd00::/8'`, and the words
   * `'loopback'`, `'linklocal'`, `'uniquelocal'` and `'unix'`, the last one for all who connect through a Unix socket. Or a function
   * of the request that says whether to.
   * @default Express's `trust proxy` setting where there is one, else false
   */
  readonly trustForwarded?: boolean | readonly string[] | ((req: Request) => boolean) | undefined;
  /**
   * Give each request an id in the header `X-Request-Id`: that of a client which `trustForwarded` trusts, or a new one. The endpoints and
   * the client get it, and `request-ended` tells it. An id has 1 to 128 letters, digits and characters of `_.~+/=@:-`; any other one is replaced.
   * @default false
   */
  readonly xRequestId?: boolean | undefined;
  /**
   * Our name in the header `Via`, by which a request that comes back is recognised; the same for all instances of a fleet. A token of
   * RFC 9110 5.6.2.
   * @default `balancing-reverse-proxy-` and 8 random hexadecimal digits
   */
  readonly via?: string | undefined;
  /**
   * Tell the client in the header `X-Served-By` which endpoint answered.
   * @default false
   */
  readonly exposeEndpoint?: boolean | undefined;
  /**
   * Tell the client in the header `Server-Timing` which endpoint answered, after how long, and how many attempts were begun, for
   * debugging. Like `exposeEndpoint` it names an endpoint.
   * @default false
   */
  readonly exposeAttempts?: boolean | undefined;
  /**
   * Gets a line for each request: pino, winston, console or the like. The line is at `info`, or at `warn` when no endpoint's response
   * was good enough, or the one that was broke off, mended or not. No header value is ever logged.
   * @default none
   */
  readonly logger?: Logger | undefined;
  /**
   * Write query strings into the log, too; they often carry secrets.
   * @default false
   */
  readonly logQuery?: boolean | undefined;
  /**
   * Certificates for https endpoints, and how they are checked; see {@link TlsOptions}.
   * @default Node's, with certificates verified
   */
  readonly tls?: TlsOptions | undefined;
  /**
   * Sends the attempts. `close()` of the proxy closes the transport, too.
   * @default gotTransport()
   */
  readonly transport?: Transport | undefined;
}
