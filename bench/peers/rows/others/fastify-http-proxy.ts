import type { Server } from 'node:http';
import { importPeer } from '../../../packages/import-peer.ts';
import type { RowSettings } from '../parts/row.ts';

interface FastifyInstance {
  readonly server: Server;
  register(plugin: unknown, options: { readonly upstream: string; readonly undici: object }): unknown;
  ready(): Promise<unknown>;
}

interface FastifyPackage {
  default(): FastifyInstance;
}

/** @fastify/http-proxy in a Fastify app, over undici, which is its default; without its limit of 128 connections. */
export async function createFastifyProxy({ endpoints: [upstream] }: RowSettings): Promise<Server> {
  const { default: createFastify } = await importPeer<FastifyPackage>('fastify');
  const { default: plugin } = await importPeer<{ readonly default: unknown }>('@fastify/http-proxy');
  const app = createFastify();
  app.register(plugin, { upstream, undici: { connections: null } });
  await app.ready();
  return app.server;
}
