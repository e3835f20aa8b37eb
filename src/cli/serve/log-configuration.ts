import type { BalancingProxyOptions } from '../../index.ts';
import { certificatesOf, expiryWarning } from '../config/certificate-expiry.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Log } from '../log/log.ts';

/** Logs the endpoints with the numbers that the lines about requests give them. */
export function logEndpoints(log: Log, { endpoints, names }: Pick<Configuration, 'endpoints' | 'names'>): void {
  for (const [index, endpoint] of endpoints.entries()) {
    const name = names.find((one) => one.index === index);
    if (name) log('info', `configuring endpoint ${index}: ${endpoint}`, { dns: name.dns });
    else log('info', `configuring endpoint ${index}: "${endpoint}"`, { endpoint });
  }
}

/** Logs a warning for each thing that is no error, but hardly what anybody wants: at the start, at each reload, and for `-check`. */
export function logWarnings(log: Log, configuration: Configuration): void {
  for (const warning of [...unverified(configuration), ...expiring(configuration)]) log('warn', `warning: ${warning}`);
}

/** Tells of certificates of endpoints that are not checked. */
function unverified({ values, options }: Configuration): readonly string[] {
  const places = placesUnverified(options).map(
    (place) => `\`${place}.tls.rejectUnauthorized\` is off in ${values.config}, its certificate is not verified`,
  );
  if (options.tls?.rejectUnauthorized !== false) return places;
  const why = values.insecure ? '-insecure is on' : `\`tls.rejectUnauthorized\` is off in ${values.config}`;
  return [`${why}, certificates of endpoints are not verified`, ...places];
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

/** Tells of certificates of ours that have expired, or soon will. */
function expiring(configuration: Configuration): readonly string[] {
  return certificatesOf(configuration).flatMap(
    ({ file, pem }) => expiryWarning(pem, `the certificate in ${file}`) ?? [],
  );
}
