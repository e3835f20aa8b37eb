import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificate } from '../../shared/certificate.ts';

/** A certificate in files. */
export interface CertificateFiles {
  /** The path of the certificate, which signs itself and is for `localhost`. */
  readonly cert: string;
  /** The path of its private key. */
  readonly key: string;
  /** Removes the files. */
  remove(): Promise<void>;
}

/** Writes a new certificate and its key into a folder of their own. */
export async function writeCertificate(): Promise<CertificateFiles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'balancing-reverse-proxy-haproxy-'));
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const certificate = await createCertificate();
  await writeFile(cert, certificate.cert);
  await writeFile(key, certificate.key, { mode: 0o600 });
  return { cert, key, remove: () => rm(folder, { recursive: true }) };
}
