import type { IncomingMessage } from 'node:http';
import { BalancingProxyError } from '../errors.ts';

/** Whether the request announces a body, an empty one included (RFC 9112 6). */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/**
 * Reads the whole body into one Buffer, once, so that every endpoint can get the same bytes.
 * @throws BalancingProxyError `ERR_BRP_BODY_TOO_LARGE` as soon as it is known that there are more than `limitBytes`;
 * `ERR_BRP_CLIENT_GONE` when the client breaks off.
 */
export function bufferBody(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge(limitBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (received > limitBytes) settle(() => reject(tooLarge(limitBytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      settle(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const onGone = (): void => settle(() => reject(clientGone()));
    const settle = (done: () => void): void => {
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      // What is left of the upload has no reader: without this an error of it would be nobody's and end the process.
      req.on('error', () => {});
      done();
    };
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

export function clientGone(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'the client broke off the request');
}

function tooLarge(limitBytes: number): BalancingProxyError {
  const advice = 'raise `bodyLimitBytes` if such bodies are meant to be replayed';
  return new BalancingProxyError(
    'ERR_BRP_BODY_TOO_LARGE',
    `request body is larger than ${limitBytes} bytes: ${advice}`,
  );
}
