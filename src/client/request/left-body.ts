import type { IncomingMessage } from 'node:http';

const leftByUs = new WeakSet<object>();

/**
 * Leaves a body that the proxy has read in `req.rawBody`, unless one is there already: middleware that answers in the proxy's place
 * finds nothing to read any more, and looks there.
 */
export function leaveBody(req: IncomingMessage, body: Buffer): void {
  if ('rawBody' in req && req.rawBody !== undefined) return;
  leftByUs.add(body);
  Object.assign(req, { rawBody: body });
}

/** The body that another proxy before this one has left, byte for byte. The `rawBody` of a parser may be inflated, and is none. */
export function leftBody(req: IncomingMessage): Buffer | undefined {
  const rawBody = 'rawBody' in req ? req.rawBody : undefined;
  return rawBody instanceof Buffer && leftByUs.has(rawBody) ? rawBody : undefined;
}
