import { certificatesOf, expiryWarning } from '../config/certificate-expiry.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Log } from '../log/log.ts';

/** Logs a warning for each certificate of ours that has expired, or soon will. */
export function logExpiry(log: Log, configuration: Configuration): void {
  for (const { file, pem } of certificatesOf(configuration)) {
    const warning = expiryWarning(pem, `the certificate in ${file}`);
    if (warning !== undefined) log('warn', `warning: ${warning}`);
  }
}
