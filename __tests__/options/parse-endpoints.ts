import { resolveOptions } from '../../src/options/config.ts';
import type { EndpointOption } from '../../src/options/endpoint.ts';
import { endpointsIn } from './problems.ts';

/** The endpoints of a list, as the code works with them. */
export const parseAll = (...endpoints: EndpointOption[]) => endpointsIn(resolveOptions({ endpoints }));

/** Where they are. */
export const parse = (...endpoints: EndpointOption[]) => parseAll(...endpoints).map(({ address }) => address);
