import type { ServerResponse } from 'node:http';
import { BalancingProxyError } from '../../errors.ts';

/** Marks a response that the proxy has ended. */
const isEndedByUs = Symbol('isEndedByUs');

type MarkedResponse = ServerResponse & { [isEndedByUs]?: true };

/** Ends a response for the proxy; whatever else ends it is the app. */
export function endResponse(res: ServerResponse, body?: Buffer): void {
  (res as MarkedResponse)[isEndedByUs] = true;
  if (body) res.end(body);
  else res.end();
}

/** Whether the app has ended a response that was the proxy's to end. */
export function isEndedByApp(res: ServerResponse): boolean {
  return res.writableEnded && !(res as MarkedResponse)[isEndedByUs];
}

/** Whether a response that the proxy has not begun is no longer its to begin. */
export function isBegunByApp(res: ServerResponse): boolean {
  return res.headersSent || res.writableEnded;
}

/** @param cause what the proxy would have answered. */
export function endedByApp(cause?: unknown): BalancingProxyError {
  const message = 'the app has answered the request itself, or ended the response';
  return new BalancingProxyError('ERR_BRP_ENDED_BY_APP', message, { cause });
}
