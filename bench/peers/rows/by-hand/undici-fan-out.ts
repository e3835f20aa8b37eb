import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Dispatcher, Pool } from 'undici';
import { hasBody, headersForUndici } from '../parts/plain.ts';
import type { RowSettings } from '../parts/row.ts';
import { undici } from '../parts/undici.ts';

/** As long as our own losers have by default. */
const graceMs = 5;

interface Attempt {
  readonly controller: AbortController;
  readonly response: Promise<Dispatcher.ResponseData>;
}

/** A fan-out as one writes it in an hour: a `request` of undici per endpoint, and the first response below 500 is piped. */
export function createUndiciFanOut({ endpoints }: RowSettings): Server {
  const pools = endpoints.map((endpoint) => new undici.Pool(endpoint));
  return createServer(async (req, res) => {
    const attempts = await startAttempts(req, pools);
    res.once('close', () => res.writableFinished || abortAll(attempts));
    try {
      const { winner, response } = await Promise.any(attempts.map(requireUsable));
      res.writeHead(response.statusCode, response.headers);
      response.body.on('error', () => res.destroy()).pipe(res);
      dismiss(attempts.filter((attempt) => attempt !== winner));
    } catch {
      res.writeHead(502).end();
    }
  });
}

async function startAttempts(req: IncomingMessage, pools: readonly Pool[]): Promise<readonly Attempt[]> {
  const body = hasBody(req) ? await buffer(req) : null;
  const options = { path: req.url ?? '/', method: req.method as 'GET', headers: headersForUndici(req), body };
  return pools.map((pool) => {
    const controller = new AbortController();
    return { controller, response: pool.request({ ...options, signal: controller.signal }) };
  });
}

async function requireUsable(winner: Attempt) {
  const response = await winner.response;
  if (response.statusCode < 500) return { winner, response };
  await response.body.dump();
  throw new Error(`status ${response.statusCode}`);
}

/** Reads what the losers send within the grace, which keeps their connections, and cancels the rest. */
function dismiss(losers: readonly Attempt[]): void {
  const grace = setTimeout(() => abortAll(losers), graceMs);
  const read = losers.map(({ response }) => response.then(({ body }) => body.dump()));
  Promise.allSettled(read).then(() => clearTimeout(grace));
}

function abortAll(attempts: readonly Attempt[]): void {
  for (const { controller } of attempts) controller.abort();
}
