import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isStartedFile, onStopSignal, runCommand } from '../shared/command.ts';
import { createRandom, seedLimit } from '../shared/random.ts';
import { type FlagTable, portFlag, readFlags } from './flags.ts';
import { close, listen } from './listen.ts';

/** How flaky a server is. */
export interface FlakyServerOptions {
  /** The longest delay of an answer. */
  readonly maxDelayMs: number;
  /** The share of answers with status 500, 0 to 1. */
  readonly errorRatio: number;
  /** The same seed gives the same delays and statuses again, in the order of the requests. */
  readonly seed: number;
  /**
   * The name by which the server calls itself.
   * @default its address, such as 127.0.0.1:8000
   */
  readonly name?: string;
  /**
   * Takes a line for each request.
   * @default nobody
   */
  readonly log?: (line: string) => void;
}

/** The delay and status that were drawn for one request. */
interface Draw {
  readonly delayMs: number;
  readonly status: 200 | 500;
}

/** The flags that every command with flaky servers has. */
export const flakyFlags = {
  'max-delay': { help: 'longest delay of an answer in milliseconds', fallback: 1_000, min: 0, max: 600_000 },
  'error-ratio': { help: 'share of answers with status 500', fallback: 0.25, min: 0, max: 1, mayBeFraction: true },
  seed: { help: 'repeats the run that had this seed', fallback: 'random', min: 0, max: seedLimit - 1 },
} satisfies FlagTable;

/** Makes a server, not yet listening, that answers every request after a random delay, sometimes with 500. */
export function createFlakyServer({ maxDelayMs, errorRatio, seed, name, log }: FlakyServerOptions): Server {
  const random = createRandom(seed);
  return createServer((req, res) => {
    // Both are drawn on arrival, so that a cancelled request leaves the next ones their numbers.
    const delayMs = Math.round(random() * maxDelayMs);
    const status = random() < errorRatio ? 500 : 200;
    answerLater(res, { delayMs, status }, name ?? addressOf(req));
    if (log) logEnd(res, log);
    req.resume();
  });
}

/** Says in words how flaky a server is. */
export function describeFlakiness({
  maxDelayMs,
  errorRatio,
}: Pick<FlakyServerOptions, 'maxDelayMs' | 'errorRatio'>): string {
  return `a delay up to ${maxDelayMs} ms and ${Number((errorRatio * 100).toFixed(2))} % status 500`;
}

function answerLater(res: ServerResponse, { delayMs, status }: Draw, name: string): void {
  const greeting = status === 200 ? 'Hello, world' : 'Sorry, world, 500';
  const text = `${greeting} after ${delayMs}ms! This is ${name}, asked for ${requestLine(res.req)}\n`;
  const timer = setTimeout(() => {
    res.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      'X-Flaky-Server': name,
    });
    res.end(text);
  }, delayMs);
  res.once('close', () => clearTimeout(timer));
}

function logEnd(res: ServerResponse, log: (line: string) => void): void {
  const startedAt = performance.now();
  res.once('close', () => {
    const outcome = res.writableFinished ? res.statusCode : 'cancelled';
    log(`${requestLine(res.req)} -> ${outcome} after ${Math.round(performance.now() - startedAt)} ms`);
  });
}

function requestLine({ method, url }: IncomingMessage): string {
  return `${method} ${url}`;
}

function addressOf({ socket: { localAddress = '', localPort } }: IncomingMessage): string {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}

async function main(): Promise<void> {
  const flags = readFlags({ port: portFlag('where the server listens', 8000), ...flakyFlags });
  const { port: wantedPort, 'max-delay': maxDelayMs, 'error-ratio': errorRatio, seed } = flags;
  const server = createFlakyServer({ maxDelayMs, errorRatio, seed, log: console.log });
  const port = await listen(server, { port: wantedPort, flag: 'port' });
  const flakiness = describeFlakiness({ maxDelayMs, errorRatio });
  console.log(`A flaky server listens on http://localhost:${port}, with ${flakiness}.`);
  console.log(`Seed ${seed}; --seed ${seed} repeats its delays and statuses. Ctrl-C stops.`);
  onStopSignal(() => close(server));
}

if (isStartedFile(import.meta.filename)) await runCommand(main);
