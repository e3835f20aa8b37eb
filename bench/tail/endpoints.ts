import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { createRandom } from '../../shared/random.ts';
import { drawServiceMs, heavyTail } from './service-times.ts';

/** A message of the bench to the endpoints, which live in a thread of their own so as not to slow the proxy down. */
export type TailRequest =
  | { readonly type: 'start'; readonly count: number; readonly seed: number; readonly errorRatio: number }
  | { readonly type: 'slow-down'; readonly factor: number }
  | { readonly type: 'stop' };

/** The endpoints' answer to a message. */
export type TailReply =
  | { readonly type: 'started'; readonly urls: readonly string[] }
  | { readonly type: 'slowed-down'; readonly received: number }
  | { readonly type: 'stopped'; readonly received: number };

let servers: readonly Server[] = [];
let received = 0;
let slowness = 1;

function createEndpoint(random: () => number, errorRatio: number): Server {
  return createServer((req, res) => {
    received++;
    req.resume();
    const status = random() < errorRatio ? 500 : 200;
    const timer = setTimeout(
      () => res.writeHead(status, { 'Content-Length': 1 }).end('x'),
      drawServiceMs(heavyTail, random) * slowness,
    );
    res.once('close', () => clearTimeout(timer));
  });
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

async function answer(request: TailRequest): Promise<TailReply> {
  switch (request.type) {
    case 'start': {
      received = 0;
      slowness = 1;
      const { count, seed, errorRatio } = request;
      servers = Array.from({ length: count }, (_, index) => createEndpoint(createRandom(seed + index), errorRatio));
      return { type: 'started', urls: await Promise.all(servers.map(listen)) };
    }
    case 'slow-down':
      slowness = request.factor;
      return { type: 'slowed-down', received };
    case 'stop':
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      return { type: 'stopped', received };
  }
}

parentPort?.on('message', async (request: TailRequest) => parentPort?.postMessage(await answer(request)));
