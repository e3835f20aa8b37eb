import { createServer, request, type Server } from 'node:http';
import { createAgent } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';

/** The least that a proxy in Node can do: headers as they came, in one array, and two pipes. */
export function createNodePipe({ endpoints: [endpoint] }: RowSettings): Server {
  const { hostname: host, port } = new URL(endpoint);
  const agent = createAgent();
  return createServer((req, res) => {
    const { method, url: path, rawHeaders: headers } = req;
    const outgoing = request({ host, port, agent, method, path, headers }, (response) => {
      res.writeHead(response.statusCode ?? 502, response.statusMessage, response.rawHeaders);
      response.pipe(res);
    });
    outgoing.once('error', () => res.destroy());
    res.once('close', () => res.writableFinished || outgoing.destroy());
    req.pipe(outgoing);
  });
}
