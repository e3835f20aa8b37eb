import { Readable } from 'node:stream';
import { firstValueOf } from '../../src/http/headers.ts';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { type FakeAnswer, type FakeResponse, fakeTransport } from '../../src/testing/testing.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { optionsShown } from './shown-code.ts';

/** The examples on the pages about the library do what these say. */

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Serves a proxy with the options of an example. @param answers of endpoints by their host, or of all of them. */
async function serve(
  [page, piece, which]: Parameters<typeof optionsShown>,
  answers: FakeAnswer | Readonly<Record<string, FakeResponse | Promise<FakeResponse>>>,
  changes: Partial<BalancingProxyOptions> = {},
) {
  const answer: FakeAnswer =
    typeof answers === 'function' ? answers : ({ address }) => answers[address.hostname] ?? { body: address.hostname };
  const transport = fakeTransport(answer);
  const { url } = await resources.serve({
    ...optionsShown(page, piece, which),
    ...changes,
    transport,
    logger: undefined,
  });
  return {
    url,
    requests: transport.requests,
    asked: () => transport.requests.map(({ address }) => address.hostname).join(),
  };
}

const post = { method: 'POST', body: 'order' };
const never = new Promise<never>(() => {});

describe('docs/answers.md', () => {
  const json = (body: string): FakeResponse => ({ headers: ['Content-Type', 'application/json'], body });
  const errorInside: Parameters<typeof optionsShown> = ['docs/answers.md', 'an error inside'];

  test.each([
    ['an object without an error', json('{"ok":1}')],
    ['a value that is no object', json('null')],
    ['no JSON', { body: 'text' }],
    ['an empty body', json('')],
  ])('takes an answer that is %s', async (_, answer) => {
    const { url } = await serve(errorInside, { 'one.example': answer, 'two.example': never });
    expect(await request(url)).toMatchObject({ text: answer.body });
  });

  test('leaves a 200 with an error inside to the other endpoint', async () => {
    const answers = { 'one.example': json('{"error":"no"}') };
    const { url } = await serve(errorInside, answers, { strategy: 'failover' });
    expect(await request(url)).toMatchObject({ text: 'two.example' });
  });

  test('gives the error when all have one', async () => {
    const { url } = await serve(errorInside, () => json('{"error":"no"}'));
    expect(await request(url)).toMatchObject({ status: 200, text: '{"error":"no"}' });
  });

  /** A stream of events that has said this, and is silent from then on unless it is over. */
  const events = (text: string, isOver: boolean): FakeResponse => {
    const body = new Readable({ read: () => {} });
    body.push(text);
    if (isOver) body.push(null);
    return { headers: ['Content-Type', 'text/event-stream'], body };
  };

  test.each([
    ['says nothing but a comment', 'that really begins to speak', ': ping\n\n'],
    ['begins with an error', 'their error as the first event', 'event: error\ndata: no\n\n'],
  ])('asks for another stream than one that %s', async (_, piece, text) => {
    const good = 'data: token\n\n';
    const { url } = await serve(['docs/answers.md', piece], {
      'one.example': events(text, false),
      'two.example': events(good, true),
      'three.example': never,
    });
    expect(await request(url)).toMatchObject({ text: good });
  });
});

describe('docs/requests-and-responses.md', () => {
  const page = 'docs/requests-and-responses.md';

  test('gives each endpoint headers of its own, and none the cookie', async () => {
    const { url, requests } = await serve([page, 'key-of-one'], () => ({ status: 500 }));
    await request(url, { headers: { cookie: 'a=1', authorization: 'mine' } });
    const sent = requests.map(({ headers }) =>
      ['authorization', 'x-api-key', 'cookie'].map((name) => firstValueOf(headers, name)),
    );
    expect(sent).toEqual([
      ['Bearer key-of-one', undefined, undefined],
      ['mine', 'key-of-two', undefined],
      [`Basic ${btoa('user:pass')}`, undefined, undefined],
    ]);
  });

  test('tells each endpoint which attempt it gets, and one of them the language', async () => {
    const { url, requests } = await serve([page, 'x-attempt'], {
      'one.example': { status: 500 },
      'two.example': { headers: ['Server', 'secret'] },
    });
    const { headers } = await request(url, { headers: { 'accept-language': 'de' } });
    const sent = requests.map((one) => [
      firstValueOf(one.headers, 'x-attempt'),
      firstValueOf(one.headers, 'x-language'),
    ]);
    expect(sent).toEqual([
      ['1 first', 'de'],
      ['2 race', undefined],
    ]);
    expect([headers.server, headers['cache-control']]).toEqual([undefined, 'max-age=60']);
  });

  test.each([
    [0, '/old/a?b=1', '/a?b=1'],
    [0, '/v2/a', '/api/2/a'],
    [0, '/a', '/a'],
    [1, '/a?q=1', '/a?query=1'],
  ])('rewrites paths, by the proxy number %i of the example: %s', async (which, path, expected) => {
    const { url, requests } = await serve([page, 'pathRewrite:', which], {});
    await request(url + path);
    expect(requests[0]?.target).toBe(expected);
  });
});

describe('docs/strategies.md', () => {
  const page = 'docs/strategies.md';

  test.each([
    ['races quotes', '/quotes/1', {}, 'one.example,two.example'],
    ['asks one for all else', '/news', {}, 'one.example'],
    ['sends a POST to one', '/orders', post, 'one.example'],
    ['lets a search be hedged', '/search', post, 'one.example'],
  ])('%s', async (_, path, settings, expected) => {
    const { url, asked } = await serve([page, '/quotes/'], {});
    await request(url + path, settings);
    expect(asked()).toBe(expected);
  });

  test('hedges reads, and sends a POST to nobody else when the first has failed', async () => {
    const { url, asked } = await serve([page, 'writes: one endpoint'], () => ({ status: 500 }));
    await request(url);
    await request(url, post);
    expect(asked()).toMatch(/^(\w)\.example,(?!\1)\w\.example,\w\.example$/);
  });

  test('tells endpoints of further attempts', async () => {
    const { url, requests } = await serve([page, 'x-extra-attempt'], () => ({ status: 500 }));
    await request(url);
    expect(requests.map(({ headers }) => firstValueOf(headers, 'x-extra-attempt'))).toEqual([undefined, 'failure']);
  });
});

describe('docs/writes.md', () => {
  const page = 'docs/writes.md';

  test.each([
    ['sends a POST to one endpoint', "strategy: 'race'", '/', 'POST', 'one.example'],
    ['races a PUT', "strategy: 'race'", '/', 'PUT', 'one.example,two.example'],
    ['races a search', '/search', '/search', 'POST', 'one.example,two.example'],
    ['sends any other POST to one endpoint', '/search', '/orders', 'POST', 'one.example'],
    ['sends a PUT to one endpoint', 'req.method ===', '/', 'PUT', 'one.example'],
    ['races a GET', 'req.method ===', '/', 'GET', 'one.example,two.example'],
  ])('%s, where it says %s', async (_, piece, path, method, expected) => {
    const { url, asked } = await serve([page, piece], () => ({ status: 500 }));
    await request(url + path, { method });
    expect(asked()).toBe(expected);
  });
});

test('docs/options.md begins with a proxy that takes 429 for no answer as long as there is a backup', async () => {
  const { url } = await serve(['docs/options.md', "unsafeMethods: 'single'"], ({ address: { hostname } }) =>
    hostname === 'backup.example' ? { body: hostname } : { status: 429 },
  );
  expect(await request(url)).toMatchObject({ status: 200, text: 'backup.example' });
});
