import { type ConfiguredEndpoint, withDistinctNames } from '../endpoints/place/configured-endpoint.ts';
import { isConstant } from '../support/constant.ts';
import { arrayOf, type Parser } from '../support/parser/kinds.ts';
import { collect } from '../support/parser/problems.ts';
import { type EndpointsFunction, type GivenEndpoint, parseEndpoint } from './endpoint.ts';
import { type GeneralSettings, type JoinSettings, joinerWith } from './own-settings.ts';

const endpointList = arrayOf(parseEndpoint, 'a non-empty array of URLs or a function that gives one');

/** The option `endpoints`. A function is taken as it is: its lists can only be checked when it gives them. */
export const parseEndpoints: Parser<readonly GivenEndpoint[] | EndpointsFunction> = (value, option) =>
  typeof value === 'function' ? (value as EndpointsFunction) : endpointList(value, option);

/**
 * The endpoints of the option `endpoints`, once the settings of all endpoints are known.
 * @throws InvalidOptions naming every endpoint whose settings do not go together with the general ones.
 */
export function configuredEndpoints(
  given: readonly GivenEndpoint[] | EndpointsFunction,
  general: GeneralSettings,
): readonly ConfiguredEndpoint[] | EndpointsFunction {
  if (typeof given === 'function') return given;
  const join = joinerWith(general);
  const entries = [...given.entries()];
  return withDistinctNames(collect(entries, ([index, each]) => configured(each, `endpoints[${index}]`, join)));
}

/**
 * Makes a function that gives the endpoints in a list which an `endpoints` function gave. The function throws InvalidOptions naming every
 * problem of the list.
 */
export function listParser(general: GeneralSettings): (list: unknown) => readonly ConfiguredEndpoint[] {
  const join = joinerWith(general);
  /** Functions may put endpoints that never change into a new list for each request. */
  const known = new WeakMap<object, ConfiguredEndpoint>();
  const parse = arrayOf<ConfiguredEndpoint>((value, option) => {
    const isObject = typeof value === 'object' && value !== null;
    const before = isObject ? known.get(value) : undefined;
    if (before) return before;
    const endpoint = configured(parseEndpoint(value, option), option, join);
    if (isObject && isConstant(value)) known.set(value, endpoint);
    return endpoint;
  }, 'an array of URLs');
  return (list) => parse(list, 'endpoints(req)');
}

function configured({ own, ...endpoint }: GivenEndpoint, option: string, join: JoinSettings): ConfiguredEndpoint {
  return { ...endpoint, settings: join(own, option) };
}
