import { PassThrough } from 'node:stream';
import { nodeTransport, type Transport, type UpstreamRequest, type UpstreamResponse } from '../../src/index.ts';
import { transportContract } from '../../src/testing/testing.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';

leakCheckedResources();

interface Changes {
  readonly request?: (request: UpstreamRequest) => UpstreamRequest;
  readonly response?: (response: UpstreamResponse) => UpstreamResponse;
  readonly signal?: (signal: AbortSignal) => AbortSignal;
  readonly error?: (error: Error) => Error;
}

/** A transport that does not quite do what it should. */
function faulty({ request = (same) => same, response = (same) => same, signal, error = (same) => same }: Changes) {
  const inner = nodeTransport();
  const send: Transport['send'] = (sent, given) =>
    inner.send(request(sent), signal?.(given) ?? given).then(response, (thrown) => Promise.reject(error(thrown)));
  return { send, close: () => inner.close() };
}

/** Ends a body whatever becomes of it. */
function endCleanly(response: UpstreamResponse): UpstreamResponse {
  const body = new PassThrough();
  response.body.on('close', () => body.end()).pipe(body, { end: false });
  return { ...response, body };
}

const cases = (changes: Changes, caseTimeoutMs?: number) =>
  transportContract(() => faulty(changes), caseTimeoutMs === undefined ? {} : { caseTimeoutMs });

const find = (name: string, changes: Changes, caseTimeoutMs?: number) => {
  const found = cases(changes, caseTimeoutMs).find((one) => one.name.startsWith(name));
  if (!found) throw new Error(`no case ${name}`);
  return found;
};

describe('transportContract()', () => {
  test('has no two cases of one name', () => {
    const names = cases({}).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('has fewer cases over HTTP/2', () => {
    const overHttp2 = transportContract(() => faulty({}), { protocol: 'h2' });
    expect(overHttp2.length).toBeGreaterThan(10);
    expect(overHttp2.length).toBeLessThan(cases({}).length);
  });

  test.each<[string, string, Changes]>([
    [
      'adds a header',
      'adds no header of its own',
      { request: (request) => ({ ...request, headers: [...request.headers, 'User-Agent', 'me'] }) },
    ],
    [
      'normalizes targets',
      'sends a target that a URL parser would change',
      { request: (request) => ({ ...request, target: new URL(request.target, 'http://h').pathname }) },
    ],
    [
      'changes bodies',
      'sends the body of a POST',
      { request: ({ body, ...request }) => ({ ...request, body: Buffer.from(body as Buffer).fill('x', 299_999) }) },
    ],
    ['ignores `freshConnection`', 'uses a fresh connection', { request: (r) => ({ ...r, freshConnection: false }) }],
    ['uses no connection again', 'uses a connection again', { request: (r) => ({ ...r, freshConnection: true }) }],
    [
      'looks the name up in spite of an address',
      'connects to the address',
      { request: ({ address: { connectTo: _, ...address }, ...request }) => ({ ...request, address }) },
    ],
    [
      'trusts everybody',
      'speaks TLS and verifies',
      { request: (request) => ({ ...request, tls: { rejectUnauthorized: false } }) },
    ],
    ['has errors of its own', 'reports a connection that is refused', { error: (cause) => new Error('no', { cause }) }],
    ['gives reasons of its own', 'cancels in the turn', { error: (cause) => new Error('no', { cause }) }],
    ['ends broken bodies', 'never ends a body with a length', { response: endCleanly }],
    ['loses trailers', 'gives status', { response: (response) => ({ ...response, trailers: () => [] }) }],
    [
      'changes the case of headers',
      'gives status',
      { response: (r) => ({ ...r, headers: r.headers.map((part) => part.toLowerCase()) }) },
    ],
    ['makes up a reason phrase', 'gives the empty reason phrase', { response: (r) => ({ ...r, statusText: 'OK' }) }],
  ])('finds a transport that %s', async (_, name, changes) => {
    await expect(find(name, {}).run()).resolves.toBeUndefined();
    await expect(find(name, changes).run()).rejects.toThrow();
  });

  test('names a case that is not done in time', async () => {
    const { name, run } = find('cancels before the head', { signal: () => new AbortController().signal }, 1_000);
    await expect(run()).rejects.toThrow(`not done within 1000 ms: ${name}`);
  });
});
