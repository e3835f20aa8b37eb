import { createServer, type IncomingMessage, type Server } from 'node:http';
import got from 'got';
import { createAgent, hasBody, plainGotOptions } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';

/** `got.stream` between request and response. */
export function createGotPipe({ endpoints: [endpoint] }: RowSettings): Server {
  const agent = { http: createAgent() };
  return createServer((req, res) => {
    const stream = got.stream(endpoint + req.url, {
      ...plainGotOptions,
      method: req.method as 'GET',
      headers: req.headers,
      agent,
    });
    stream.once('response', ({ statusCode = 502, headers }: IncomingMessage) => res.writeHead(statusCode, headers));
    stream.once('error', () => res.destroy());
    res.once('close', () => res.writableFinished || stream.destroy());
    if (hasBody(req)) req.pipe(stream);
    stream.pipe(res);
  });
}
