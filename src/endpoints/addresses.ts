import type { IncomingMessage } from 'node:http';
import { BalancingProxyError } from '../errors.ts';
import type { EndpointAddress } from './address.ts';

/** Checks a list that a user's function gave, and gives the addresses in it. @throws an error that names all problems of the list. */
type ParseList = (list: unknown) => readonly EndpointAddress[];

/**
 * The endpoints for one request.
 * @param given a list, or the user's function of the request.
 * @throws BalancingProxyError `ERR_BRP_ENDPOINTS` when the function throws, rejects or returns nonsense.
 */
export async function addressesFor(
  req: IncomingMessage,
  given: readonly EndpointAddress[] | ((req: IncomingMessage) => unknown),
  parse: ParseList,
): Promise<readonly EndpointAddress[]> {
  if (typeof given !== 'function') return given;
  try {
    return parseOnce(await given(req), parse);
  } catch (cause) {
    // The cause may name endpoints, and clients may be shown the message.
    throw new BalancingProxyError('ERR_BRP_ENDPOINTS', 'the `endpoints` function failed', { cause });
  }
}

/** The addresses in lists that cannot change: a function may give the same list for thousands of requests a second. */
const parsedLists = new WeakMap<readonly unknown[], readonly EndpointAddress[]>();

function parseOnce(list: unknown, parse: ParseList): readonly EndpointAddress[] {
  if (!Array.isArray(list)) return parse(list);
  if (list.length === 0) return [];
  const known = parsedLists.get(list);
  if (known) return known;
  const addresses = withDistinctNames(parse(list));
  if (isConstant(list)) parsedLists.set(list, addresses);
  return addresses;
}

/** Whether nothing in a value can change. A URL always can, frozen or not. */
function isConstant(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && !(value instanceof URL) && Object.values(value).every(isConstant);
}

/** The addresses, frozen, with names that count up where the same URL stands in the list several times. */
export function withDistinctNames(addresses: readonly EndpointAddress[]): readonly EndpointAddress[] {
  const taken = new Set<string>();
  const distinct = addresses.map((address) => {
    let { name } = address;
    for (let count = 2; taken.has(name); count++) name = `${address.name}#${count}`;
    taken.add(name);
    return Object.freeze({ ...address, name });
  });
  return Object.freeze(distinct);
}
