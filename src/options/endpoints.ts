import { type EndpointItem, isEndpoint } from '../endpoints/dns/configured-name.ts';
import { type ConfiguredEndpoint, withDistinctNames } from '../endpoints/place/configured-endpoint.ts';
import { isConstant } from '../support/constant.ts';
import { arrayOf, type OptionParser, onlyInCode, withSchema } from '../support/parser/kinds.ts';
import { collect, refuse } from '../support/parser/problems.ts';
import { anyOf } from '../support/parser/schema.ts';
import { type EndpointsFunction, type GivenEndpoint, parseEndpoint } from './endpoint.ts';
import { configuredName, type GivenName, isByDns, parseByDns } from './endpoints-by-dns.ts';
import { type GeneralSettings, type JoinSettings, joinerWith } from './own-settings.ts';

/** One item of a list. */
type GivenItem = GivenEndpoint | GivenName;

const parseItem = withSchema<GivenItem>(anyOf(parseEndpoint, parseByDns), (value, option) =>
  isByDns(value) ? parseByDns(value, option) : parseEndpoint(value, option),
);

const itemList = arrayOf(parseItem, 'a non-empty array of URLs or a function that gives one');

/** The option `endpoints`. A function is taken as it is: its lists can only be checked when it gives them. */
export const parseEndpoints: OptionParser<readonly GivenItem[] | EndpointsFunction> = withSchema(
  itemList.schema,
  (value, option) => (typeof value === 'function' ? (value as EndpointsFunction) : itemList(value, option)),
);

/**
 * The items of the option `endpoints`, once the settings of all endpoints are known.
 * @throws InvalidOptions naming every endpoint whose settings do not go together with the general ones.
 */
export function configuredItems(
  given: readonly GivenItem[] | EndpointsFunction,
  general: GeneralSettings,
): readonly EndpointItem[] | EndpointsFunction {
  if (typeof given === 'function') return given;
  const join = joinerWith(general);
  const items = collect<[number, GivenItem], EndpointItem>([...given.entries()], ([index, each]) => {
    const option = `endpoints[${index}]`;
    return 'dns' in each ? configuredName(each, option, join) : configured(each, option, join);
  });
  // Where there are names, the names of all endpoints are known only when DNS has answered.
  return items.every(isEndpoint) ? withDistinctNames(items) : Object.freeze(items);
}

/**
 * Makes a function that gives the endpoints in a list which an `endpoints` function gave. The function throws InvalidOptions naming every
 * problem of the list.
 */
export function listParser(general: GeneralSettings): (list: unknown) => readonly ConfiguredEndpoint[] {
  const join = joinerWith(general);
  /** Functions may put endpoints that never change into a new list for each request. */
  const known = new WeakMap<object, ConfiguredEndpoint>();
  const parseOne = withSchema<ConfiguredEndpoint>(onlyInCode, (value, option) => {
    const isObject = typeof value === 'object' && value !== null;
    const before = isObject ? known.get(value) : undefined;
    if (before) return before;
    if (isByDns(value)) refuse(option, 'a function gives URLs, and has to ask DNS itself: see dnsEndpoints()');
    const endpoint = configured(parseEndpoint(value, option), option, join);
    if (isObject && isConstant(value)) known.set(value, endpoint);
    return endpoint;
  });
  const parse = arrayOf(parseOne, 'an array of URLs');
  return (list) => parse(list, 'endpoints(req)');
}

function configured({ own, ...endpoint }: GivenEndpoint, option: string, join: JoinSettings): ConfiguredEndpoint {
  return { ...endpoint, settings: join(own, option) };
}
