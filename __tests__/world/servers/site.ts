import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificate } from '../../helpers/certificate.ts';
import { bodyOf, fileLengths } from '../traffic/bodies.ts';

/** What servers of files serve, and their certificate. */
export interface Site {
  readonly folder: string;
  /** The root of what is served. */
  readonly publicFolder: string;
  readonly certFile: string;
  readonly keyFile: string;
  close(): void;
}

export async function createSite(): Promise<Site> {
  const folder = mkdtempSync(path.join(tmpdir(), 'brp-world-'));
  const publicFolder = path.join(folder, 'public');
  mkdirSync(path.join(publicFolder, 'bytes'), { recursive: true });
  for (const length of fileLengths) writeFileSync(path.join(publicFolder, 'bytes', String(length)), bodyOf(length));
  const certFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  const { cert, key } = await createCertificate();
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return { folder, publicFolder, certFile, keyFile, close: () => rmSync(folder, { recursive: true, force: true }) };
}
