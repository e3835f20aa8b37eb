import { validateHeaderName, validateHeaderValue } from 'node:http';
import { BalancingProxyError, messageOf } from '../../errors.ts';
import type { UpstreamRequest } from '../message/transport.ts';

/**
 * Refuses requests that node:http refuses: node:http2 sends any character, and an endpoint resets the stream then, or even the
 * connection, which other requests use, too.
 * @throws BalancingProxyError `ERR_BRP_UNSENDABLE`.
 */
export function refuseUnsendable({ address, method, target, headers }: UpstreamRequest): void {
  try {
    validateHeaderName(method);
    if (/[^\x21-\xff]/.test(target)) throw new TypeError('its target has a character that is none of a URL');
    for (let i = 0; i < headers.length; i += 2) {
      validateHeaderName(headers[i] ?? '');
      validateHeaderValue(headers[i] ?? '', headers[i + 1] ?? '');
    }
  } catch (error) {
    const message = `this request cannot be sent to ${address.name}: ${messageOf(error)}`;
    throw new BalancingProxyError('ERR_BRP_UNSENDABLE', message, { cause: error });
  }
}
