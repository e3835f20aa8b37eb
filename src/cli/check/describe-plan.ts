import type { BalancingProxyOptions } from '../../index.ts';
import type { Configuration } from '../config/configuration.ts';
import { formatAskedAddress } from '../flags/kinds/address.ts';

type Item = Exclude<BalancingProxyOptions['endpoints'], (...args: never) => unknown>[number];

/** Says in a few lines what would run. No line shows credentials, as endpoints are told by their names. */
export function describePlan({ values, options, endpoints, certificate }: Configuration): readonly string[] {
  const { strategy = 'race', unsafeMethods = strategy } = options;
  const items: readonly Item[] = typeof options.endpoints === 'function' ? [] : options.endpoints;
  const workers = values.workers === 1 ? 'one process' : `${values.workers} workers`;
  return [
    `address ${formatAskedAddress(values.address)}, ${certificate ? 'https' : 'http'}, ${workers}`,
    `strategy ${strategy}${unsafeMethods === strategy ? '' : `, ${unsafeMethods} for unsafe methods`}`,
    ...endpoints.map((name, index) => `endpoint ${index}: ${name}${describeItem(items[index])}`),
    `transport ${values.transport}${values.http2 ? ' with HTTP/2' : ''}`,
    values.admin ? `admin ${formatAskedAddress(values.admin)}` : 'no admin port',
    `log ${values['log-file'] || 'stdout'}, ${values['log-format']}`,
  ];
}

/** The tier of an endpoint, where it is not the first, and whether the endpoint speaks TLS. */
function describeItem(item: Item | undefined): string {
  if (item === undefined) return '';
  const { tier = 0, url } = fieldsOf(item);
  return `${tier === 0 ? '' : `, tier ${tier}`}${/^\s*https:/i.test(url) ? ', TLS' : ''}`;
}

function fieldsOf(item: Item): { readonly tier?: number | undefined; readonly url: string } {
  if (typeof item === 'string' || item instanceof URL) return { url: String(item) };
  return { tier: item.tier, url: String('dns' in item ? item.dns : item.url) };
}
