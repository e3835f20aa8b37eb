import { expiryWarning } from '../config/certificate-expiry.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Log } from '../log/log.ts';

/** Logs a warning where the certificate for clients has expired, or soon will. */
export function logExpiry(log: Log, { certificate, values }: Pick<Configuration, 'certificate' | 'values'>): void {
  const warning = certificate && expiryWarning(certificate.cert, `the certificate in ${values['tls-cert']}`);
  if (warning !== undefined) log('warn', `warning: ${warning}`);
}
