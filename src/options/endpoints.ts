import { type ConfiguredEndpoint, withDistinctNames } from '../endpoints/configured-endpoint.ts';
import { arrayOf, type Parser } from '../support/parser/kinds.ts';
import { collect } from '../support/parser/problems.ts';
import { type EndpointsFunction, type GivenEndpoint, parseEndpoint } from './endpoint.ts';
import { type GeneralSettings, type JoinSettings, joinerWith } from './own-settings.ts';

const endpointList = arrayOf(parseEndpoint, 'a non-empty array of URLs or a function that gives one');
const listOfFunction = arrayOf(parseEndpoint, 'an array of URLs');

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
  return withDistinctNames(configured(given, 'endpoints', joinerWith(general)));
}

/**
 * Makes a function that gives the endpoints in a list which an `endpoints` function gave. The function throws InvalidOptions naming every
 * problem of the list.
 */
export function listParser(general: GeneralSettings): (list: unknown) => readonly ConfiguredEndpoint[] {
  const join = joinerWith(general);
  return (list) => configured(listOfFunction(list, 'endpoints(req)'), 'endpoints(req)', join);
}

function configured(given: readonly GivenEndpoint[], option: string, join: JoinSettings): ConfiguredEndpoint[] {
  const configure = ([index, { own, ...endpoint }]: [number, GivenEndpoint]): ConfiguredEndpoint => {
    return { ...endpoint, settings: join(own, `${option}[${index}]`) };
  };
  return collect([...given.entries()], configure);
}
