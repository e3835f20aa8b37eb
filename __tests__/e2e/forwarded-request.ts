import type { RequestListener } from 'node:http';
import express from 'express';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, type RawRequest, sendRaw, startRaw } from '../helpers/raw.ts';

export const resources = leakCheckedResources();

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export interface Setting {
  readonly options?: Partial<BalancingProxyOptions>;
  /** The base path and query of the endpoint. */
  readonly base?: string;
  readonly frame?: (proxy: BalancingProxy) => RequestListener;
}

/** Serves a proxy with one endpoint that keeps the bytes it gets. */
export async function serve({ options, base = '', frame }: Setting = {}) {
  const endpoint = resources.use(await startRaw(ok));
  const endpoints = [endpoint.url + base];
  const { url } = await resources.serve({ endpoints, via: 'us', ...options }, frame);
  return { url, endpoint };
}

/** What the endpoint gets when a client sends these bytes. */
export async function forwarded(bytes: string, setting?: Setting): Promise<RawRequest & { readonly host: string }> {
  const { url, endpoint } = await serve(setting);
  const { text } = await sendRaw(url, bytes);
  const [got] = endpoint.requests;
  if (!got) throw new Error(`the endpoint was not asked; the client got: ${text}`);
  return { ...got, host: new URL(endpoint.url).host };
}

export const get = (target: string, ...headers: string[]) =>
  head(`GET ${target} HTTP/1.1`, 'Host: client.example', ...headers, 'Connection: close');

export const mounted =
  (path: string) =>
  (proxy: BalancingProxy): RequestListener =>
    express().use(path, proxy);

/** The headers that the proxy adds for a client at 127.0.0.1 that asked for this host. */
export const added = (host: string) => [
  'X-Forwarded-For: 127.0.0.1',
  `X-Forwarded-Host: ${host}`,
  'X-Forwarded-Proto: http',
  'X-Forwarded-Port: 80',
  'Via: 1.1 us',
  'Connection: keep-alive',
];
