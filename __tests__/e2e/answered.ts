import type { RequestListener } from 'node:http';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, type RawListener, sendRaw, startRaw } from '../helpers/raw.ts';

export const resources = leakCheckedResources();

export const get = head('GET / HTTP/1.1', 'Host: h', 'Connection: close');
export const oldGet = 'GET / HTTP/1.0\r\n\r\n';
/** With a date of the endpoint's the proxy's frame adds none of its own. */
export const date = 'Date: Thu, 01 Jan 1970 00:00:00 GMT';
export const ok = head('HTTP/1.1 200 OK', date, 'Content-Length: 2');

interface Setting {
  readonly sent?: string;
  readonly options?: Partial<BalancingProxyOptions>;
  readonly frame?: (proxy: BalancingProxy) => RequestListener;
}

/** What a client gets when the endpoint answers with these bytes. */
export async function answered(answer: string | RawListener, { sent = get, options, frame }: Setting = {}) {
  const endpoint = resources.use(await startRaw(answer));
  const { url } = await resources.serve({ endpoints: [endpoint.url], ...options }, frame);
  return { ...(await sendRaw(url, sent)), endpoint };
}

/** Answers with these bytes and closes the connection. */
export const closing =
  (bytes: string): RawListener =>
  (socket) =>
    void socket.end(bytes, 'latin1');
