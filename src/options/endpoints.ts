import { type ConfiguredEndpoint, withDistinctNames } from '../endpoints/configured-endpoint.ts';
import { arrayOf, type Parser } from '../support/parser/kinds.ts';
import { type EndpointsFunction, type GivenEndpoint, parseEndpoint } from './endpoint.ts';
import { type GeneralSettings, overridesOf } from './own-settings.ts';

const endpointList = arrayOf(parseEndpoint, 'a non-empty array of URLs or a function that gives one');
const listOfFunction = arrayOf(parseEndpoint, 'an array of URLs');

/** The option `endpoints`. A function is taken as it is: its lists can only be checked when it gives them. */
export const parseEndpoints: Parser<readonly GivenEndpoint[] | EndpointsFunction> = (value, option) =>
  typeof value === 'function' ? (value as EndpointsFunction) : endpointList(value, option);

/** The endpoints of the option `endpoints`, once the settings of all endpoints are known. */
export function configuredEndpoints(
  given: readonly GivenEndpoint[] | EndpointsFunction,
  general: GeneralSettings,
): readonly ConfiguredEndpoint[] | EndpointsFunction {
  return typeof given === 'function' ? given : withDistinctNames(completed(given, general));
}

/**
 * The endpoints in a list that an `endpoints` function gave.
 * @throws InvalidOptions naming every problem found in it.
 */
export function givenEndpoints(list: unknown, general: GeneralSettings): readonly ConfiguredEndpoint[] {
  return completed(listOfFunction(list, 'endpoints(req)'), general);
}

function completed(given: readonly GivenEndpoint[], general: GeneralSettings): readonly ConfiguredEndpoint[] {
  return given.map(({ own, ...endpoint }) => ({ ...endpoint, settings: overridesOf(own, general) }));
}
