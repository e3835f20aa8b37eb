import type { BalancingProxyOptions } from '../../index.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Log } from '../log/log.ts';

/** Logs a warning for certificates of endpoints that are not checked. */
export function logUnverified(log: Log, { values, options }: Pick<Configuration, 'values' | 'options'>): void {
  if (options.tls?.rejectUnauthorized === false) {
    const why = values.insecure ? '-insecure is on' : `\`tls.rejectUnauthorized\` is off in ${values.config}`;
    log('warn', `warning: ${why}, certificates of endpoints are not verified`);
  }
  for (const place of placesUnverified(options)) {
    const why = `\`${place}.tls.rejectUnauthorized\` is off in ${values.config}`;
    log('warn', `warning: ${why}, its certificate is not verified`);
  }
}

/** The places of endpoints whose certificates are not checked because they say so themselves. */
function placesUnverified({ endpoints }: BalancingProxyOptions): readonly string[] {
  if (typeof endpoints === 'function') return [];
  return endpoints.flatMap((endpoint, index) => {
    const isUnverified =
      typeof endpoint === 'object' && 'tls' in endpoint && endpoint.tls?.rejectUnauthorized === false;
    return isUnverified ? [`endpoints[${index}]`] : [];
  });
}
