import { importPeer } from '../packages/import-peer.ts';
import { connections, type LoadOptions, type LoadOutcome } from './load.ts';

interface AutocannonResult {
  readonly requests: { readonly average: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  /** Timeouts included. */
  readonly errors: number;
  readonly non2xx: number;
}

interface AutocannonPackage {
  default(options: {
    readonly url: string;
    readonly connections: number;
    readonly duration: number;
    readonly method: 'GET' | 'POST';
    readonly body?: Buffer;
  }): Promise<AutocannonResult>;
}

/** Loads a proxy with autocannon, where there is no wrk. Its latencies are whole milliseconds. */
export async function loadWithAutocannon({ url, seconds, bodyBytes }: LoadOptions): Promise<LoadOutcome> {
  const { default: autocannon } = await importPeer<AutocannonPackage>('autocannon');
  const { requests, latency, errors, non2xx } = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(bodyBytes === undefined ? { method: 'GET' } : { method: 'POST', body: Buffer.alloc(bodyBytes, 'x') }),
  });
  return { requestsPerSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99, failures: errors + non2xx };
}
