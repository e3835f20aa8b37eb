import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificate } from '../../../shared/certificate.ts';
import { bodyOf } from '../../helpers/random-bodies.ts';
import { fileLengths } from '../traffic/bodies.ts';

/** What servers of files serve, and their certificate. */
export interface Site {
  readonly folder: string;
  /** The root of what is served. */
  readonly publicFolder: string;
  readonly certFile: string;
  readonly keyFile: string;
  close(): void;
}

const prefix = 'brp-world-';

export async function createSite(): Promise<Site> {
  removeStale();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
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

/** Of processes that were killed. */
function removeStale(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const [pid = ''] = name.slice(prefix.length).split('-');
    if (!existsSync(path.join('/proc', pid))) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}
