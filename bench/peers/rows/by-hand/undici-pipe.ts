import { createServer, type Server } from 'node:http';
import { hasBody, headersForUndici } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';
import { undici } from '../parts/undici.ts';

/** `stream` of undici, which writes a response straight into the one that it is given, and gives up when that closes. */
export function createUndiciPipe({ endpoints: [endpoint] }: RowSettings): Server {
  const pool = new undici.Pool(endpoint);
  return createServer((req, res) => {
    const options = {
      path: req.url ?? '/',
      method: req.method as 'GET',
      headers: headersForUndici(req),
      body: hasBody(req) ? req : null,
    };
    pool.stream(options, ({ statusCode, headers }) => res.writeHead(statusCode, headers)).catch(() => res.destroy());
  });
}
