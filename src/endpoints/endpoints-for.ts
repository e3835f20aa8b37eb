import type { IncomingMessage } from 'node:http';
import { BalancingProxyError } from '../errors.ts';
import { type ConfiguredEndpoint, withDistinctNames } from './configured-endpoint.ts';

/** Checks a list that a user's function gave, and gives the endpoints in it. @throws an error that names all problems of the list. */
type ParseList = (list: unknown) => readonly ConfiguredEndpoint[];

/**
 * The endpoints for one request.
 * @param given a list, or the user's function of the request.
 * @throws BalancingProxyError `ERR_BRP_ENDPOINTS` when the function throws, rejects or returns nonsense.
 */
export async function endpointsFor(
  req: IncomingMessage,
  given: readonly ConfiguredEndpoint[] | ((req: IncomingMessage) => unknown),
  parse: ParseList,
): Promise<readonly ConfiguredEndpoint[]> {
  if (typeof given !== 'function') return given;
  try {
    return parseOnce(await given(req), parse);
  } catch (cause) {
    // The cause may name endpoints, and clients may be shown the message.
    throw new BalancingProxyError('ERR_BRP_ENDPOINTS', 'the `endpoints` function failed', { cause });
  }
}

/** The endpoints in lists that cannot change: a function may give the same list for thousands of requests a second. */
const parsedLists = new WeakMap<readonly unknown[], readonly ConfiguredEndpoint[]>();

function parseOnce(list: unknown, parse: ParseList): readonly ConfiguredEndpoint[] {
  if (!Array.isArray(list)) return parse(list);
  if (list.length === 0) return [];
  const known = parsedLists.get(list);
  if (known) return known;
  const endpoints = withDistinctNames(parse(list));
  if (isConstant(list)) parsedLists.set(list, endpoints);
  return endpoints;
}

/** Whether nothing in a value can change. A URL always can, frozen or not. */
function isConstant(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && !(value instanceof URL) && Object.values(value).every(isConstant);
}
