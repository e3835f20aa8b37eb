import { createHash } from 'node:crypto';
import http from 'node:http';
import type { PlannedRequest } from './mixed-requests.ts';

/** How an exchange ended for the client. */
export interface Ending {
  /** `clean` says that the message was whole as far as HTTP can tell; `left` that the client went away. */
  readonly how: 'clean' | 'broken off' | 'hanging' | 'left' | string;
  readonly status: number;
  readonly bytes: number;
  readonly digest: string;
  readonly trailer: string | undefined;
  /** The beginning of what came. */
  readonly text: string;
}

interface ClientSettings {
  readonly agent: http.Agent;
  readonly patienceMs: number;
}

/** Sends a request, and reads the answer to its end or until it is time to leave. */
export function sendPlanned(
  url: string,
  { method, path, body, leaveAfterMs }: PlannedRequest,
  { agent, patienceMs }: ClientSettings,
): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const hash = createHash('sha256');
  let bytes = 0;
  let text = '';
  let answer: http.IncomingMessage | undefined;
  const timers: NodeJS.Timeout[] = [];
  const end = (how: Ending['how']): void => {
    for (const timer of timers) clearTimeout(timer);
    const digest = hash.copy().digest('hex');
    resolve({ how, status: answer?.statusCode ?? 0, bytes, digest, trailer: answer?.trailers['x-sum'], text });
  };
  const headers = body && { 'Content-Length': body.length };
  const client = http.request(url + path, { method, agent, ...(headers && { headers }) }, (res) => {
    answer = res;
    res.on('data', (chunk: Buffer) => {
      if (bytes === 0) text = chunk.toString('latin1', 0, 200);
      bytes += chunk.length;
      hash.update(chunk);
    });
    res.on('end', () => end(res.complete ? 'clean' : 'broken off'));
    res.on('error', () => end('broken off'));
  });
  client.on('error', (error) => end(`broken off before the head (${error.message})`));
  const leave = (how: Ending['how']) => () => {
    end(how);
    client.destroy();
  };
  timers.push(setTimeout(leave('hanging'), patienceMs));
  if (leaveAfterMs !== undefined) timers.push(setTimeout(leave('left'), leaveAfterMs));
  client.end(body);
  return promise;
}
