import { X509Certificate } from 'node:crypto';
import type { Configuration } from './configuration.ts';

const dayMs = 86_400_000;

/** Milliseconds before its end at which a certificate is worth a warning: by then it should long have been renewed. */
const soonMs = 10 * dayMs;

/** The part of its life after which a certificate is usually renewed: one that is valid for six days only is no worry on its first day. */
const renewalRatio = 2 / 3;

/** A certificate of ours that a flag names. */
interface NamedCertificate {
  /** The name of the flag. */
  readonly flag: 'tls-cert' | 'tls-client-cert';
  /** The file that the flag names. */
  readonly file: string;
  readonly pem: string;
}

/** The certificates that we show: to clients, and to https endpoints. */
export function certificatesOf({
  values,
  certificate,
  options,
}: Pick<Configuration, 'values' | 'certificate' | 'options'>): readonly NamedCertificate[] {
  const toEndpoints = options.tls?.cert;
  const shown: ReadonlyArray<readonly [NamedCertificate['flag'], unknown]> = [
    ['tls-cert', certificate?.cert],
    ['tls-client-cert', toEndpoints],
  ];
  return shown.flatMap(([flag, pem]) =>
    values[flag] !== '' && typeof pem === 'string' ? [{ flag, file: values[flag], pem }] : [],
  );
}

/** The time for which a certificate is valid, in milliseconds since the epoch. */
interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The validity of the first certificate of a PEM file, which is the one that is shown; undefined when nobody can read it. */
function validityOf(pem: string): Validity | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return { fromMs: Date.parse(validFrom), toMs: Date.parse(validTo) };
  } catch {
    return undefined;
  }
}

/** When a certificate in PEM is no longer valid, in milliseconds since the epoch; undefined when nobody can read it. */
export function expiryOf(pem: string): number | undefined {
  return validityOf(pem)?.toMs;
}

/** The words for the log about a certificate that has expired or soon will; undefined for any other. @param name stands for it. */
export function expiryWarning(pem: string, name: string, nowMs = Date.now()): string | undefined {
  const validity = validityOf(pem);
  if (!validity) return undefined;
  const { fromMs, toMs } = validity;
  const date = new Date(toMs).toISOString();
  if (nowMs >= toMs) return `${name} expired on ${date}`;
  const leftMs = toMs - nowMs;
  if (leftMs > soonMs || nowMs < fromMs + (toMs - fromMs) * renewalRatio) return undefined;
  const days = Math.floor(leftMs / dayMs);
  return `${name} expires ${days === 0 ? 'within a day' : `in ${days} day${days === 1 ? '' : 's'}`}, on ${date}`;
}
