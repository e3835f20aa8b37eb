import { createServer, type Server } from 'node:http';
import express from 'express';
import type { BalancingProxyOptions } from '../../../src/index.ts';
import { importBuilt } from '../../packages/built.ts';
import type { RowSettings } from './parts/row.ts';

type TransportName = 'got' | 'undici';

/** The proxy as its users get it: compiled, in an Express app, all defaults on. */
export async function createOurs(settings: RowSettings, transport: TransportName): Promise<Server> {
  if (transport === 'got') return serve(settings, {});
  const { undiciTransport } = await importBuilt('./undici');
  return serve(settings, { transport: undiciTransport() });
}

/** The same over HTTP/2, where cancelling resets a stream and costs no connection: so losers are cancelled at once. */
export async function createOursByHttp2(settings: RowSettings, transport: TransportName): Promise<Server> {
  const createTransport =
    transport === 'got' ? (await importBuilt('.')).gotTransport : (await importBuilt('./undici')).undiciTransport;
  return serve(settings, { transport: createTransport({ http2: true }), loserGraceMs: 0 });
}

async function serve(
  { endpoints, strategy, ca }: RowSettings,
  options: Partial<BalancingProxyOptions>,
): Promise<Server> {
  const { createBalancingProxy } = await importBuilt('.');
  return createServer(express().use(createBalancingProxy({ endpoints, strategy, tls: { ca }, ...options })));
}
