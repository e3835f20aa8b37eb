import { startNode } from '../net/node-program.ts';
import type { Http2Server, ServerPlace } from './http2-server.ts';
import { originPort } from './http2-server.ts';
import type { OriginSettings } from './origin-process.ts';

const port = 8_445;

export const nodeHttp2: Http2Server = {
  name: 'node:http2',
  program: process.execPath,
  abilities: ['uploads', 'events', 'no content', 'trailers'],
  start: async ({ namespace, site: { certFile, keyFile }, host }) => {
    await startOrigin(namespace, { host, port, tls: { certFile, keyFile } });
    return port;
  },
};

/** Starts the server that is behind those which cannot answer an upload themselves. */
export async function startOrigin(
  namespace: ServerPlace['namespace'],
  settings: OriginSettings = { host: '127.0.0.1', port: originPort },
): Promise<void> {
  await startNode(namespace, 'servers/origin-process.ts', settings);
}
