import { createHash } from 'node:crypto';
import { type Agent, get, type IncomingMessage } from 'node:http';

/** What a client got: all of it, a message that broke off, an error instead, or what looks whole and is not. */
export type ReceivedAnswer = 'whole' | 'broken' | 'refused' | 'wrong';

/** Milliseconds after which an answer that has not ended is a broken one. */
const patienceMs = 20_000;

/** Sends a request and compares, by SHA-256, what comes with the body that should come. */
export function receive(url: string, agent: Agent, expected: Buffer): Promise<ReceivedAnswer> {
  const { promise, resolve } = Promise.withResolvers<ReceivedAnswer>();
  const request = get(url, { agent }, (res) => {
    if (res.statusCode === 200) compare(res, expected, resolve);
    else res.resume().once('close', () => resolve('refused'));
  });
  request.setTimeout(patienceMs, () => request.destroy()).once('error', () => resolve('broken'));
  return promise;
}

function compare(res: IncomingMessage, expected: Buffer, settle: (received: ReceivedAnswer) => void): void {
  const hash = createHash('sha256');
  res
    .on('data', (chunk: Buffer) => hash.update(chunk))
    .once('error', () => settle('broken'))
    .once('close', () => {
      if (!res.complete) settle('broken');
      else settle(hash.digest().equals(createHash('sha256').update(expected).digest()) ? 'whole' : 'wrong');
    });
}
