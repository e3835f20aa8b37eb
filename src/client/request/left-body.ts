import type { IncomingMessage } from 'node:http';

const leftByUs = new WeakSet<object>();

/**
 * Leaves a body that the proxy has read in `req.rawBody`, where others look for it, unless there is one. Whoever answers in
 * the proxy's place would find nothing to read.
 */
export function leaveBody(req: IncomingMessage, body: Buffer): void {
  if ('rawBody' in req && req.rawBody !== undefined) return;
  leftByUs.add(body);
  Object.assign(req, { rawBody: body });
}

/** What another proxy before this one has left: the bytes as the client sent them, which body parsers never leave. */
export function leftBody(req: IncomingMessage): Buffer | undefined {
  const rawBody = 'rawBody' in req ? req.rawBody : undefined;
  return rawBody instanceof Buffer && leftByUs.has(rawBody) ? rawBody : undefined;
}
