import { type Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { importPeer } from '../../../packages/import-peer.ts';
import { createAgent } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';

interface ProxyServer {
  web(req: IncomingMessage, res: ServerResponse): unknown;
  on(event: 'error', listener: (error: Error, req: IncomingMessage, res: ServerResponse) => void): unknown;
}

interface ProxyPackage {
  createProxyServer(options: { readonly target: string; readonly agent: Agent }): ProxyServer;
}

/** node-http-proxy. The two functions below are for its descendants, which are used in the same way. */
export async function createHttpProxy(settings: RowSettings): Promise<Server> {
  const { default: httpProxy } = await importPeer<{ readonly default: ProxyPackage }>('http-proxy');
  return serve(httpProxy, settings);
}

/** http-proxy-3, which descends from node-http-proxy. */
export async function createHttpProxy3(settings: RowSettings): Promise<Server> {
  return serve(await importPeer<ProxyPackage>('http-proxy-3'), settings);
}

/** httpxy, which descends from node-http-proxy. */
export async function createHttpxy(settings: RowSettings): Promise<Server> {
  return serve(await importPeer<ProxyPackage>('httpxy'), settings);
}

function serve({ createProxyServer }: ProxyPackage, { endpoints: [target] }: RowSettings): Server {
  const proxy = createProxyServer({ target, agent: createAgent() });
  proxy.on('error', (_error, _req, res) => void res.destroy());
  return createServer((req, res) => void proxy.web(req, res));
}
