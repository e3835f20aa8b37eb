import type { ServerResponse } from 'node:http';
import { BalancingProxyError } from '../../errors.ts';

/** Marks a response that the proxy has ended. */
const isEndedByUs = Symbol('isEndedByUs');

type MarkedResponse = ServerResponse & { [isEndedByUs]?: true };

/** Ends a response for the proxy: a response that ends in any other way was ended by the app. */
export function endResponse(res: ServerResponse, body?: Buffer): void {
  (res as MarkedResponse)[isEndedByUs] = true;
  if (body) res.end(body);
  else res.end();
}

/** Whether the app has ended a response that was the proxy's to end. */
export function isEndedByApp(res: ServerResponse): boolean {
  return res.writableEnded && !(res as MarkedResponse)[isEndedByUs];
}

/** Whether the app has begun or ended a response that the proxy has not begun. */
export function isBegunByApp(res: ServerResponse): boolean {
  return res.headersSent || res.writableEnded;
}

/**
 * The error of a request that the app has answered in the proxy's place.
 * @param cause the error that the proxy would have answered with.
 */
export function endedByApp(cause?: unknown): BalancingProxyError {
  const message = 'the app has answered the request itself, or ended the response';
  return new BalancingProxyError('ERR_BRP_ENDED_BY_APP', message, { cause });
}
