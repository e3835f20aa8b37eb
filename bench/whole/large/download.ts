import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { MiB } from '../../../shared/bytes.ts';
import { createCertificate } from '../../../shared/certificate.ts';
import { forkNode, type NodeChild } from '../../processes/children.ts';
import type { EndpointUrls } from '../parts/listen-both-ways.ts';
import { isOverTls, type TransportName } from '../parts/transports.ts';
import { hashOfContent } from './content.ts';
import type { DownloadStart, DownloadUsage } from './download-process.ts';
import type { MirrorsStart } from './mirror-process.ts';

/** How large the file is, and how early the mirrors break off. */
type MirrorSettings = Pick<MirrorsStart, 'bytes' | 'leastBytes' | 'mostBytes' | 'seed'>;

/** What is downloaded, and how often. */
export interface LargeSettings extends MirrorSettings {
  readonly rounds: number;
  /** The least throughput that is wanted, as a share of that of mirrors that do not break off. */
  readonly leastRatio: number;
}

/** One download. */
export interface Download extends DownloadUsage {
  readonly isWhole: boolean;
  readonly megabytesPerSecond: number;
}

/** The downloads over one transport, in the order in which they were made, the two kinds by turns. */
export interface DownloadResult {
  readonly transport: TransportName;
  /** From mirrors that do not break off. */
  readonly unbroken: readonly Download[];
  readonly broken: readonly Download[];
}

const mirrorCount = 4;

/** The mirrors of all downloads, their certificate, and the hash of their file. */
export interface Mirrors extends Pick<MirrorSettings, 'bytes'> {
  readonly urls: EndpointUrls;
  readonly ca: string;
  readonly hash: string;
  close(): void;
}

/** Starts the mirrors. */
export async function startMirrors(settings: MirrorSettings): Promise<Mirrors> {
  const { bytes, leastBytes, mostBytes, seed } = settings;
  const { cert, key } = await createCertificate();
  const child = forkNode(new URL('./mirror-process.ts', import.meta.url), []);
  const start: MirrorsStart = { count: mirrorCount, seed, bytes, leastBytes, mostBytes, cert, key };
  const urls = (await child.ask(start)) as EndpointUrls;
  return { urls, ca: cert, hash: hashOfContent(bytes), bytes, close: () => child.stop() };
}

/** How the file is downloaded, and how often from mirrors that break off, and as often, by turns, from those that do not. */
interface DownloadSettings extends Pick<DownloadStart, 'transport'> {
  /** @default 'range', as it is of the proxy */
  readonly resume?: DownloadStart['resume'];
  readonly rounds: number;
}

/** Downloads the file again and again through one proxy. */
export async function measureDownloads(
  { urls, ca, ...file }: Mirrors,
  { transport, resume = 'range', rounds }: DownloadSettings,
): Promise<DownloadResult> {
  const child = forkNode(new URL('./download-process.ts', import.meta.url), []);
  const start: DownloadStart = { transport, resume, endpoints: isOverTls(transport) ? urls.https : urls.http, ca };
  const unbroken: Download[] = [];
  const broken: Download[] = [];
  try {
    const url = `http://127.0.0.1:${await child.ask(start)}`;
    // Node lets some 75 MB of garbage gather before it collects, whoever moves the bytes: that is no growth by breaks.
    await measureDownload(child, `${url}/whole`, file);
    for (let round = 0; round < rounds; round++) {
      unbroken.push(await measureDownload(child, `${url}/whole`, file));
      broken.push(await measureDownload(child, `${url}/broken`, file));
    }
  } finally {
    child.stop();
  }
  return { transport, unbroken, broken };
}

async function measureDownload(
  child: NodeChild,
  url: string,
  { hash, bytes }: Pick<Mirrors, 'hash' | 'bytes'>,
): Promise<Download> {
  await child.ask('usage');
  const startedAt = performance.now();
  const isWhole = (await hashOf(url)) === hash;
  const seconds = (performance.now() - startedAt) / 1_000;
  const usage = (await child.ask('usage')) as DownloadUsage;
  return { ...usage, isWhole, megabytesPerSecond: bytes / MiB / seconds };
}

/** The SHA-256 of what comes; undefined where the message breaks off or is an error. */
async function hashOf(url: string): Promise<string | undefined> {
  const [res] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  const hash = createHash('sha256');
  try {
    for await (const chunk of res) hash.update(chunk);
  } catch {
    return undefined;
  }
  return res.statusCode === 200 ? hash.digest('hex') : undefined;
}
