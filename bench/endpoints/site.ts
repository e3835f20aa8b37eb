import { createReadStream, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { MiB } from '../../shared/bytes.ts';
import { createCertificate } from '../../shared/certificate.ts';

/** A folder with what the endpoints serve, which is removed when the process ends. */
export interface Site {
  readonly folder: string;
  /** The files to serve: `/medium` of 1 MiB and `/large`. */
  readonly publicFolder: string;
  readonly cert: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes the folder. The large file is sparse: its zeros take no room on the disk. */
export async function createSite(largeBytes: number): Promise<Site> {
  const folder = mkdtempSync(path.join(tmpdir(), 'balancing-reverse-proxy-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // A worker of an nginx that root has started runs as another user.
  await chmod(folder, 0o755);
  const publicFolder = path.join(folder, 'public');
  await mkdir(publicFolder);
  await createSparseFile(path.join(publicFolder, 'medium'), MiB);
  await createSparseFile(path.join(publicFolder, 'large'), largeBytes);

  const { cert, key } = await createCertificate();
  const certFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { folder, publicFolder, cert, certFile, keyFile };
}

/** Makes a file of zeros and reads it once: otherwise the row that is measured first would have to fill the page cache. */
async function createSparseFile(file: string, bytes: number): Promise<void> {
  writeFileSync(file, '');
  truncateSync(file, bytes);
  await finished(createReadStream(file, { highWaterMark: MiB }).resume());
}
