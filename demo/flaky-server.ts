import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isStartedFile, onStopSignal, runCommand } from '../shared/command.ts';
import { sendText } from './answers.ts';
import { isBrokenOff } from './break-off.ts';
import { portFlag, readFlags } from './flags.ts';
import { createDraw, type Draw, describeFlakiness, type Flakiness, flakinessOf, flakyFlags } from './flakiness.ts';
import { close, listen } from './listen.ts';
import { streamTokens, tokensOf } from './token-stream.ts';

/** How flaky a server is, and who hears of it. */
export interface FlakyServerOptions extends Flakiness {
  /** The same seed gives the same answers again, in the order of the requests. */
  readonly seed: number;
  /**
   * The time between two tokens of a stream, in ms.
   * @default 100
   */
  readonly tokenMs?: number;
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

/** What does not change from one answer of a server to the next. */
type Sender = Readonly<Required<Pick<FlakyServerOptions, 'name' | 'tokenMs'>>>;

/**
 * Makes a server, not yet listening, that answers every request after a random delay, sometimes with 500, and sometimes
 * breaks off in the middle. A client that accepts gzip gets chunked answers zipped, and one that accepts
 * `text/event-stream` gets the words one by one, as tokens.
 */
export function createFlakyServer({ seed, name, log, tokenMs = 100, ...flakiness }: FlakyServerOptions): Server {
  const draw = createDraw(seed, flakiness);
  return createServer((req, res) => {
    // All is drawn on arrival, so that a cancelled request leaves the next ones their numbers.
    answerLater(res, draw(), { name: name ?? addressOf(req), tokenMs });
    if (log) logEnd(res, log);
    req.resume();
  });
}

function answerLater(res: ServerResponse, draw: Draw, sender: Sender): void {
  const timer = setTimeout(() => answer(res, draw, sender), draw.delayMs);
  res.once('close', () => clearTimeout(timer));
}

function answer(
  res: ServerResponse,
  { delayMs, status, isChunked, breaksAfter }: Draw,
  { name, tokenMs }: Sender,
): void {
  const greeting = status === 200 ? 'Hello, world' : 'Sorry, world, 500';
  const text = `${greeting} after ${delayMs}ms! This is ${name}, asked for ${requestLine(res.req)}\n`;
  const headers = { 'X-Flaky-Server': name };
  const { accept = '', 'accept-encoding': encodings = '' } = res.req.headers;
  if (status === 200 && accept.includes('text/event-stream')) {
    streamTokens(res, { tokens: tokensOf(text), firstAfterMs: 0, everyMs: tokenMs, breaksAfter, headers });
  } else {
    const isZipped = isChunked && encodings.includes('gzip');
    sendText(res, { status, text, headers }, { isChunked, isZipped, breaksAfter });
  }
}

function logEnd(res: ServerResponse, log: (line: string) => void): void {
  const startedAt = performance.now();
  res.once('close', () => {
    const outcome = res.writableFinished ? res.statusCode : isBrokenOff(res) ? 'broken off' : 'cancelled';
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
  const flags = readFlags({
    port: portFlag('where the server listens', 8000),
    ...flakyFlags,
    'token-ms': { help: 'milliseconds between two tokens of a stream', fallback: 100, min: 0, max: 600_000 },
  });
  const flakiness = flakinessOf(flags);
  const { seed, 'token-ms': tokenMs } = flags;
  const server = createFlakyServer({ ...flakiness, seed, tokenMs, log: console.log });
  const port = await listen(server, { port: flags.port, flag: 'port' });
  console.log(`A flaky server listens on http://localhost:${port}, with ${describeFlakiness(flakiness)}.`);
  console.log(`To a client that sends Accept: text/event-stream it answers with a token every ${tokenMs} ms.`);
  console.log(`Seed ${seed}; --seed ${seed} repeats its answers. Ctrl-C stops.`);
  onStopSignal(() => close(server));
}

if (isStartedFile(import.meta.filename)) await runCommand(main);
