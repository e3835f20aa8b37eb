import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { groupByName } from '../../src/http/headers.ts';
import { shownValues } from '../../src/http/shown-values.ts';

export interface ClientRequest {
  readonly method?: string;
  readonly url?: string;
  /** A flat list of names and values, as it came over the wire. */
  readonly headers?: readonly string[];
  readonly httpVersion?: string;
  /** undefined for a client on a Unix socket. */
  readonly remoteAddress?: string | undefined;
  readonly isEncrypted?: boolean;
}

/** A request as node:http gives it to a listener, without a connection. */
export function clientRequest({
  method = 'GET',
  url = '/',
  headers = [],
  httpVersion = '1.1',
  remoteAddress,
  isEncrypted = false,
}: ClientRequest): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  Object.defineProperty(socket, 'encrypted', { value: isEncrypted });
  const req = new IncomingMessage(socket);
  req.rawHeaders = [...headers];
  Object.assign(req, { method, url, httpVersion, httpVersionMajor: Number.parseInt(httpVersion, 10) });
  for (const { name, values } of groupByName(headers)) {
    const lower = name.toLowerCase();
    const shown = shownValues(req, lower, values);
    Object.assign(req.headers, { [lower]: lower === 'set-cookie' ? [...shown] : shown[0] });
  }
  return req;
}
