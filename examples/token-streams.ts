import http from 'node:http';
import {
  createBalancingProxy,
  type EndpointOption,
  type InspectedResponse,
  type RequestEnded,
} from 'balancing-reverse-proxy';

/** Providers that know the same models by the same names, each with a key of its own. */
const providers: EndpointOption[] = [
  { name: 'one', url: 'https://one.example', headers: { Authorization: `Bearer ${process.env.ONE_KEY}` } },
  { name: 'two', url: 'https://two.example', headers: { Authorization: `Bearer ${process.env.TWO_KEY}` } },
];

/** Whether the first event of a stream is no error, in either of the ways in which providers send one behind a 200. */
async function isSpeaking(response: InspectedResponse): Promise<boolean> {
  const first = await response.firstEvent();
  return first?.event !== 'error' && !/^\s*\{\s*"error"/.test(first?.data ?? '');
}

/** One line for each request: what the client got, how that ended, and what every provider that may want money for it did. */
function costLine({ url, finalStatus, outcome: end, bytes, durationMs, attempts }: RequestEnded): string {
  const asked = attempts.map(
    ({ endpoint, status, outcome, discardedBytes }) =>
      `${endpoint} ${status ?? '-'} ${outcome} ${discardedBytes} B unread`,
  );
  return `${url} ${finalStatus ?? '-'} ${end} ${bytes} B in ${Math.round(durationMs)} ms: ${asked.join(', ')}`;
}

/** A gateway that keeps the keys, and asks the next provider when one is over its limit, fails, or does not begin to speak. */
export function createTokenGateway({
  endpoints = providers,
  token = process.env.GATEWAY_TOKEN ?? '',
  firstByteMs = 20_000,
  report = (line: string) => console.log(line),
} = {}) {
  const proxy = createBalancingProxy({
    endpoints,
    strategy: 'failover',
    // A limit, a key that was revoked and an empty account are troubles of one provider.
    terminalStatuses: '!401,!402,!403,!429',
    winAt: 'first-event',
    isUsable: isSpeaking,
    // The first event cannot be read in a compressed stream.
    rewriteRequest: () => ({ 'accept-encoding': undefined }),
    timeouts: { responseMs: 120_000, firstByteMs, idleMs: 60_000 },
    bodyLimitBytes: 32 * 1_048_576,
  });
  proxy.subscribe((event) => void (event.type === 'request-ended' && report(costLine(event))), ['request-ended']);
  return http.createServer((req, res) => {
    if (token === '' || req.headers.authorization !== `Bearer ${token}`) return res.writeHead(401).end();
    // It opens this gateway, and is none of the providers' business.
    delete req.headers.authorization;
    proxy(req, res);
  });
}

if (process.argv[1] === import.meta.filename) createTokenGateway().listen(8080, '127.0.0.1');
