import type { IncomingMessage } from 'node:http';
import { BalancingProxyError } from '../../errors.ts';
import { isConstant } from '../../support/constant.ts';
import { type ConfiguredEndpoint, withDistinctNames } from './configured-endpoint.ts';

/** Checks a list that a user's function gave, and gives the endpoints in it. @throws an error that names all problems of the list. */
type ParseList = (list: unknown) => readonly ConfiguredEndpoint[];

/** Gives the endpoints for each request of one proxy, of a list or by a function of the user's. */
export class EndpointSource {
  readonly #given: readonly ConfiguredEndpoint[] | ((req: IncomingMessage) => unknown);
  readonly #parse: ParseList;
  /** The endpoints in lists that cannot change: a function may give the same list for thousands of requests a second. */
  readonly #parsed = new WeakMap<readonly unknown[], readonly ConfiguredEndpoint[]>();

  /**
   * @param given a list, or the user's function of the request.
   * @param parse for the lists of the function.
   */
  constructor(given: readonly ConfiguredEndpoint[] | ((req: IncomingMessage) => unknown), parse: ParseList) {
    this.#given = given;
    this.#parse = parse;
  }

  /**
   * The endpoints for one request.
   * @throws BalancingProxyError `ERR_BRP_ENDPOINTS` when the function throws, rejects or returns nonsense; `ERR_BRP_NO_ENDPOINT` when the
   * function throws just that, as that of `dnsEndpoints()` does.
   */
  async for(req: IncomingMessage): Promise<readonly ConfiguredEndpoint[]> {
    if (typeof this.#given !== 'function') return this.#given;
    try {
      return this.#parseOnce(await this.#given(req));
    } catch (cause) {
      if (cause instanceof BalancingProxyError && cause.code === 'ERR_BRP_NO_ENDPOINT') throw cause;
      // The cause may name endpoints, and clients may be shown the message.
      throw new BalancingProxyError('ERR_BRP_ENDPOINTS', 'the `endpoints` function failed', { cause });
    }
  }

  #parseOnce(list: unknown): readonly ConfiguredEndpoint[] {
    if (!Array.isArray(list)) return this.#parse(list);
    if (list.length === 0) return [];
    const known = this.#parsed.get(list);
    if (known) return known;
    const endpoints = withDistinctNames(this.#parse(list));
    if (isConstant(list)) this.#parsed.set(list, endpoints);
    return endpoints;
  }
}
