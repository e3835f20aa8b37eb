import http, { type RequestListener } from 'node:http';
import { createGraphqlGateway } from '../../examples/graphql.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const json = (body: string): RequestListener => answering(200, body, { 'Content-Type': 'application/json' });
const failing = (code: string) => json(`{"data":null,"errors":[{"message":"no","extensions":{"code":"${code}"}}]}`);
const good = '{"data":{"user":{"name":"Ann"}}}';

async function serveGateway(urls: readonly string[]): Promise<string> {
  const { url } = await resources.listen(http.createServer(createGraphqlGateway([...urls])));
  return `${url}/graphql`;
}

/** Serves a gateway to endpoints that answer so. */
async function serve(...listeners: readonly RequestListener[]) {
  const endpoints = await Promise.all(listeners.map((listener) => resources.start(listener)));
  const url = await serveGateway(endpoints.map((endpoint) => endpoint.url));
  return { url, asked: () => endpoints.map((endpoint) => endpoint.asked()) };
}

const headers = { 'Content-Type': 'application/json' };
const post = (url: string, body: unknown) => request(url, { method: 'POST', body: JSON.stringify(body), headers });
const query = { query: '{ user(id: 1) { name } }' };
const mutation = { query: 'mutation { addUser(name: "Ann") { id } }' };

describe('the recipe of GraphQL', () => {
  test.each<[string, RequestListener]>([
    ['an error and no data', failing('INTERNAL_SERVER_ERROR')],
    ['an error without a code', json('{"errors":[{"message":"out of order"}]}')],
    [
      'an error that is not its own beside one that is',
      json(`{"errors":[${['BAD_USER_INPUT', 'OUT_OF_ORDER'].map((code) => `{"extensions":{"code":"${code}"}}`)}]}`),
    ],
    ['a 500', answering(500, 'out of order')],
    ['broken JSON', json('{"data":')],
  ])('has a query raced, in which %s loses', async (_, listener) => {
    const { url, asked } = await serve(listener, late(30, json(good)));
    expect((await post(url, query)).text).toBe(good);
    expect(asked()).toEqual([1, 1]);
  });

  test.each<[string, RequestListener]>([
    ['an error that is its own', failing('GRAPHQL_VALIDATION_FAILED')],
    ['data with an error in a part of it', json('{"data":{"user":null},"errors":[{"message":"no such user"}]}')],
  ])('gives a client %s at once', async (_, listener) => {
    const { url } = await serve(listener, hanging);
    expect((await post(url, query)).text).toContain('"errors"');
  });

  test('gives the first error when all have one', async () => {
    const { url } = await serve(failing('FIRST'), late(30, failing('SECOND')));
    expect(await post(url, query)).toMatchObject({ status: 200, text: expect.stringContaining('FIRST') });
  });

  test.each([
    ['a mutation', mutation],
    ['a mutation among others', { query: `query A { a } ${mutation.query.replace('mutation', 'mutation B')}` }],
    ['a mutation within a batch', [query, mutation]],
    ['a hash without a query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'ab12' } } }],
  ])('sends %s to one endpoint, whatever it answers', async (_, body) => {
    const { url, asked } = await serve(failing('INTERNAL_SERVER_ERROR'), json(good));
    expect((await post(url, body)).text).toContain('INTERNAL_SERVER_ERROR');
    expect(asked()).toEqual([1, 0]);
  });

  test('sends a mutation to the second endpoint when the first one surely has not got it', async () => {
    const url = await serveGateway([await refusedUrl(), await resources.startAt(json(good))]);
    expect((await post(url, mutation)).text).toBe(good);
  });

  test('has a persisted query raced by GET, in which an endpoint loses that does not know it', async () => {
    const { url, asked } = await serve(failing('PERSISTED_QUERY_NOT_FOUND'), late(30, json(good)));
    const hash = encodeURIComponent('{"persistedQuery":{"version":1,"sha256Hash":"ab12"}}');
    expect((await request(`${url}?extensions=${hash}`)).text).toBe(good);
    expect(asked()).toEqual([1, 1]);
  });

  test.each([
    ['application/json', '{ "query": "{ user(id: 9007199254740993) { name } }" }'],
    ['multipart/form-data; boundary=x', '--x\r\n\r\nupload\r\n--x--\r\n'],
  ])('sends the bytes of %s as they came', async (type, body) => {
    const seen: string[] = [];
    const { url } = await serve(async (req, res) => {
      seen.push((await readAll(req)).text);
      json(good)(req, res);
    });
    await request(url, { method: 'POST', body, headers: { 'Content-Type': type } });
    expect(seen).toEqual([body]);
  });
});
