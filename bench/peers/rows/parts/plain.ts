import { Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

/** Makes an agent that keeps as many connections as are needed: several proxies open a new one per request by default. */
export function createAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Infinity });
}

/** Whether a request has a body, which may be empty. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** got with what a proxy cannot use switched off, as its documentation says, and nothing cleverer than that. */
export const plainGotOptions = {
  retry: { limit: 0 },
  throwHttpErrors: false,
  followRedirect: false,
  decompress: false,
} as const;

/** Headers that belong to one connection; undici refuses them. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);

/** The headers of a request as undici takes them. */
export function headersForUndici({ headers }: IncomingMessage): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) if (!hopByHop.has(name)) kept[name] = headers[name];
  return kept;
}
