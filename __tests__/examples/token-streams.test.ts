import http, { type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createTokenGateway } from '../../examples/token-streams.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const stream = (res: ServerResponse) => res.writeHead(200, { 'Content-Type': 'text/event-stream' });

const events =
  (...texts: readonly string[]): RequestListener =>
  (req, res) => {
    req.resume();
    stream(res).end(texts.map((text) => `${text}\n\n`).join(''));
  };

const speaking = events('data: Hello', 'data: world', 'data: [DONE]');

/** Serves a gateway to providers that answer so, the first of which is the first to be asked. */
async function serve(listeners: readonly RequestListener[], settings: { readonly firstByteMs?: number } = {}) {
  const heads: IncomingHttpHeaders[] = [];
  const providers = await Promise.all(
    listeners.map((listener) =>
      resources.start((req, res) => {
        heads.push(req.headers);
        listener(req, res);
      }),
    ),
  );
  const endpoints = providers.map(({ url }, index) => ({
    name: `p${index}`,
    url,
    headers: { Authorization: `key ${index}` },
  }));
  const lines: string[] = [];
  const report = (line: string) => lines.push(line);
  const gateway = createTokenGateway({ endpoints, token: 'secret', report, ...settings });
  const { url } = await resources.listen(gateway);
  return { url: `${url}/v1/messages`, lines, heads, asked: () => providers.map((provider) => provider.asked()) };
}

const prompt = {
  method: 'POST',
  body: '{"stream":true}',
  headers: { Authorization: 'Bearer secret', 'Accept-Encoding': 'gzip' },
};

describe('the recipe of token streams', () => {
  test.each<[string, RequestListener]>([
    ['answers 429', answering(429, 'slow down')],
    ['answers 529', answering(529, 'overloaded')],
    ['answers 401', answering(401, 'no such key')],
    ['sends an error as its first event', events('event: error\ndata: {"type":"overloaded_error"}')],
    ['sends an error without the name of one', events(': ping', 'data: {"error":{"message":"overloaded"}}')],
    ['sends such an error with spaces', events('data: { "error": { "message": "overloaded" } }')],
    ['sends such an error in several lines', events('data: {\ndata:   "error": { "message": "overloaded" }\ndata: }')],
    ['ends without an event', events(': ping')],
    ['breaks off before its first event', (_req, res) => stream(res).write(': ping\n\n', () => res.destroy())],
  ])('asks the next provider when one %s', async (_, listener) => {
    const { url, asked } = await serve([listener, speaking]);
    expect((await request(url, prompt)).text).toBe('data: Hello\n\ndata: world\n\ndata: [DONE]\n\n');
    expect(asked()).toEqual([1, 1]);
  });

  test('asks the next provider when one says nothing for firstByteMs', async () => {
    const silent: RequestListener = (_req, res) => void stream(res).write(': ping\n\n');
    const { url } = await serve([silent, speaking], { firstByteMs: 50 });
    expect((await request(url, prompt)).text).toContain('Hello');
  });

  test('asks nobody else while one answers', async () => {
    const { url, asked } = await serve([speaking, speaking]);
    await request(url, prompt);
    expect(asked()).toEqual([1, 0]);
  });

  test('gives the 429 when all are over their limits, and asks the one that said when last', async () => {
    const { url, asked } = await serve([answering(429, 'first', { 'Retry-After': 20 }), answering(429, 'second')]);
    expect(await request(url, prompt)).toMatchObject({ status: 429, text: 'first' });
    expect(await request(url, prompt)).toMatchObject({ status: 429, text: 'second' });
    expect(asked()).toEqual([2, 2]);
  });

  test('gives each provider its own key, and none the token of the client', async () => {
    const { url, heads } = await serve([answering(503, 'out'), speaking]);
    await request(url, prompt);
    expect(heads.map(({ authorization }) => authorization)).toEqual(['key 0', 'key 1']);
    expect(heads.map((head) => head['accept-encoding'])).toEqual([undefined, undefined]);
  });

  test('keeps the token of the client from a provider whose key is in another header', async () => {
    const heads: IncomingHttpHeaders[] = [];
    const provider = await resources.start((req, res) => {
      heads.push(req.headers);
      speaking(req, res);
    });
    const endpoints = [{ url: provider.url, headers: { 'X-Api-Key': 'key' } }];
    const gateway = createTokenGateway({ endpoints, token: 'secret', report: () => 0 });
    await request((await resources.listen(gateway)).url, prompt);
    expect(heads).toMatchObject([{ 'x-api-key': 'key' }]);
    expect(heads[0]).not.toHaveProperty('authorization');
  });

  test('lets nobody in without the token', async () => {
    const { url, asked } = await serve([speaking]);
    expect((await request(url, { method: 'POST', body: '{}' })).status).toBe(401);
    expect(asked()).toEqual([0]);
  });

  test('writes a line of what was paid for', async () => {
    const { url, lines } = await serve([answering(529, 'overloaded'), speaking]);
    await request(url, prompt);
    await until(() => lines.length === 1);
    expect(lines[0]).toMatch(
      /^\/v1\/messages 200 served 40 B in \d+ ms: p0 529 unusable 10 B unread, p1 200 won 0 B unread$/,
    );
  });

  test('lets the client see a stream that breaks off in the middle', async () => {
    const breaking: RequestListener = (_req, res) => stream(res).write('data: Hello\n\n', () => res.destroy());
    const { url, asked } = await serve([breaking, speaking]);
    await expect(request(url, prompt)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(asked()).toEqual([1, 0]);
  });

  test('ends the stream of a provider when the client leaves', async () => {
    let isClosed = false;
    const endless: RequestListener = (_req, res) => {
      stream(res).write('data: Hello\n\n');
      res.on('close', () => {
        isClosed = true;
      });
    };
    const { url, lines } = await serve([endless]);
    const client = http.request(url, prompt, (res) => res.once('data', () => client.destroy()));
    client.on('error', () => {}).end(prompt.body);
    await until(() => isClosed && lines.length === 1);
    expect(lines[0]).toMatch(/^\/v1\/messages 200 client-gone 13 B in /);
  });
});
