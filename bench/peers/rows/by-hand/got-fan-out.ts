import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import got, { type Request } from 'got';
import { createAgent, hasBody, plainGotOptions } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';

/** As long as our own losers have by default. */
const graceMs = 5;

/** A fan-out as one writes it in an hour: a `got.stream` per endpoint, and the first response below 500 is piped. */
export function createGotFanOut({ endpoints }: RowSettings): Server {
  const agent = { http: createAgent() };
  return createServer(async (req, res) => {
    const body = hasBody(req) ? await buffer(req) : undefined;
    const options = { ...plainGotOptions, method: req.method as 'GET', headers: req.headers, agent };
    const streams = endpoints.map((endpoint) =>
      got.stream(endpoint + req.url, body === undefined ? options : { ...options, body }),
    );
    race(streams, res);
  });
}

function race(streams: readonly Request[], res: ServerResponse): void {
  let winner: Request | undefined;
  let grace: NodeJS.Timeout | undefined;
  let left = streams.length;
  const settle = (): void => {
    if (--left > 0) return;
    clearTimeout(grace);
    if (winner === undefined) res.writeHead(502).end();
  };
  for (const stream of streams) {
    stream.once('response', ({ statusCode = 502, headers }: IncomingMessage) => {
      if (winner !== undefined || statusCode >= 500) return void stream.resume();
      winner = stream;
      res.writeHead(statusCode, headers);
      stream.pipe(res);
      grace = setTimeout(() => destroyAll(streams.filter((other) => other !== stream)), graceMs);
    });
    stream.once('error', () => stream === winner && res.destroy());
    stream.once('close', settle);
  }
  res.once('close', () => res.writableFinished || destroyAll(streams));
}

function destroyAll(streams: readonly Request[]): void {
  for (const stream of streams) stream.destroy();
}
