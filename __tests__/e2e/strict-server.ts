import type { BalancingProxyOptions } from '../../src/index.ts';
import { startStrict } from '../fuzz/strict-endpoint.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';

// Jest fails a test during which an exception or a rejection went uncaught; here that is half of what is tested.
export const resources = leakCheckedResources();

/** It follows each case on the same connection and ends it. */
export const last = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
export const post = 'POST /p HTTP/1.1\r\nHost: x\r\n';
export const get = 'GET /g HTTP/1.1\r\nHost: x\r\n';
export const chunked = 'Transfer-Encoding: chunked\r\n';

export async function serveStrict(options: Partial<BalancingProxyOptions> = {}) {
  const endpoint = resources.use(await startStrict());
  const served = await resources.serve({ endpoints: [endpoint.url], ...options });
  return { endpoint, served, url: served.url };
}

export const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

export async function expectOrdinary({ endpoint, url }: Awaited<ReturnType<typeof serveStrict>>) {
  const before = endpoint.requests.length;
  expect((await request(`${url}/ordinary`)).text).toBe('ok');
  expect(endpoint.requests.slice(before).map(({ target }) => target)).toEqual(['/ordinary']);
  expect(endpoint.faults).toEqual([]);
}

export const settings: Array<[string, Partial<BalancingProxyOptions>]> = [
  ['buffered', {}],
  ['streamed', { bodyLimitBytes: 0, largeBody: 'stream' }],
];
