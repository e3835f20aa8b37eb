import { resolveOptions } from '../../src/options/config.ts';
import type { EndpointOption } from '../../src/options/endpoint.ts';
import { addressesIn } from './problems.ts';

export const parse = (...endpoints: EndpointOption[]) => addressesIn(resolveOptions({ endpoints }));
