import { type Agent, createServer, type Server } from 'node:http';
import express, { type RequestHandler } from 'express';
import { importPeer } from '../../../packages/import-peer.ts';
import { createAgent } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';

interface RequestOptions {
  readonly headers: Record<string, string>;
  agent?: Agent;
}

interface ProxyOptions {
  readonly parseReqBody: boolean;
  readonly proxyReqOptDecorator: (options: RequestOptions) => RequestOptions;
}

interface ExpressProxyPackage {
  default(host: string, options: ProxyOptions): RequestHandler;
}

/** express-http-proxy in an Express app, told not to close each connection and not to buffer bodies, as it does by default. */
export async function createExpressProxy({ endpoints: [host] }: RowSettings): Promise<Server> {
  const { default: createProxy } = await importPeer<ExpressProxyPackage>('express-http-proxy');
  const agent = createAgent();
  const proxyReqOptDecorator = (options: RequestOptions): RequestOptions => ({
    ...options,
    headers: { ...options.headers, connection: 'keep-alive' },
    agent,
  });
  return createServer(express().use(createProxy(host, { parseReqBody: false, proxyReqOptDecorator })));
}
