import { type Agent, createServer, type Server } from 'node:http';
import express, { type RequestHandler } from 'express';
import { importPeer } from '../../../packages/import-peer.ts';
import { createAgent } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';

interface MiddlewarePackage {
  createProxyMiddleware(options: { readonly target: string; readonly agent: Agent }): RequestHandler;
}

/** http-proxy-middleware in an Express app, as its documentation has it. */
export async function createMiddleware({ endpoints: [target] }: RowSettings): Promise<Server> {
  const { createProxyMiddleware } = await importPeer<MiddlewarePackage>('http-proxy-middleware');
  return createServer(express().use(createProxyMiddleware({ target, agent: createAgent() })));
}
