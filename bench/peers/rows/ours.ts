import { createServer, type Server } from 'node:http';
import express from 'express';
import type { BalancingProxyOptions } from '../../../src/index.ts';
import type { RowSettings } from './rows.ts';

type Package = typeof import('../../../src/index.ts');
type UndiciPart = typeof import('../../../src/transports/undici.ts');
type TransportName = 'got' | 'undici';

/** The proxy as its users get it: compiled, in an Express app, all defaults on. */
export async function createOurs(settings: RowSettings, transport: TransportName): Promise<Server> {
  if (transport === 'got') return serve(settings, {});
  const { undiciTransport } = await importBuilt<UndiciPart>('transports/undici.js');
  return serve(settings, { transport: undiciTransport() });
}

/** The same over HTTP/2, where cancelling resets a stream and costs no connection: so losers are cancelled at once. */
export async function createOursByHttp2(settings: RowSettings, transport: TransportName): Promise<Server> {
  const createTransport =
    transport === 'got'
      ? (await importBuilt<Package>('index.js')).gotTransport
      : (await importBuilt<UndiciPart>('transports/undici.js')).undiciTransport;
  return serve(settings, { transport: createTransport({ http2: true }), loserGraceMs: 0 });
}

async function serve(
  { endpoints, strategy, ca }: RowSettings,
  options: Partial<BalancingProxyOptions>,
): Promise<Server> {
  const { createBalancingProxy } = await importBuilt<Package>('index.js');
  return createServer(express().use(createBalancingProxy({ endpoints, strategy, tls: { ca }, ...options })));
}

/** A path in a variable: the code is checked before there is a build. */
async function importBuilt<Module>(file: string): Promise<Module> {
  return (await import(new URL(`../../../dist/${file}`, import.meta.url).href)) as Module;
}
