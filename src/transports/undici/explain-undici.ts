import { BalancingProxyError } from '../../errors.ts';
import { type ConnectionState, connectTimeout, explain } from '../message/explain.ts';
import type { UpstreamRequest } from '../message/transport.ts';

/** Codes of undici's errors for bytes that are no HTTP; errors of its parser have a name only. */
const badResponses: ReadonlySet<unknown> = new Set(['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_HEADERS_OVERFLOW']);

/** How far an attempt over undici had come. */
type UndiciState = Omit<ConnectionState, 'name'>;

/** The error of an attempt for one of undici's. */
export function explainUndici(error: NodeJS.ErrnoException, request: UpstreamRequest, state: UndiciState): Error {
  const { name } = request.address;
  if (error.code === 'UND_ERR_CONNECT_TIMEOUT') return connectTimeout(request, error);
  if (error.name === 'HTTPParserError' || badResponses.has(error.code)) {
    const message = `no HTTP response from ${name}: ${error.message}`;
    return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', message, { cause: error });
  }
  return explain(error, { name, ...state });
}
