import http from 'node:http';
import express from 'express';
import { firstValueOf } from '../../src/http/headers.ts';
import { BalancingProxyError, type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { type FakeAnswer, fakeTransport } from '../../src/testing/testing.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { runShown } from './shown-code.ts';

/** The parts of Express apps on the pages about the library do what these say. */

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Serves an Express app that an example is a part of. @param before goes into the app in front of it. */
async function serveApp(
  [page, piece]: readonly [page: string, piece: string],
  answer: FakeAnswer,
  before: express.RequestHandler = (_req, _res, next) => next(),
) {
  const app = express().use(before);
  const transport = fakeTransport(answer);
  const create = (options: BalancingProxyOptions) => createBalancingProxy({ ...options, transport });
  const proxy = create({ endpoints: ['https://one.example'] });
  runShown(page, piece, { app, express, proxy, createBalancingProxy: create });
  const { url } = await resources.listen(http.createServer(app));
  return { url, requests: transport.requests };
}

describe('an app', () => {
  const down = () => Promise.reject(new BalancingProxyError('ERR_BRP_CONNECT', 'refused'));

  test.each(['bodyLimitBytes: 10', 'verify:'])('sends JSON on as it came, with a parser and %s', async (piece) => {
    const { url, requests } = await serveApp(['docs/bodies.md', piece], () => ({}));
    const body = '{ "id":  9007199254740993 }';
    await request(`${url}/api`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(String(requests[0]?.body)).toBe(body);
  });

  test.each([
    ['says who has logged in', { user: 'ann' }, 'x-user', 'ann'],
    ['lets nobody say who he is', {}, 'close', undefined],
  ])('with a login %s', async (_, session, connection, expected) => {
    const { url, requests } = await serveApp(
      ['docs/requests-and-responses.md', 'req.session.user'],
      () => ({}),
      (req, _res, next) => {
        Object.assign(req, { session });
        next();
      },
    );
    await request(`${url}/api`, { headers: { 'x-user': 'root', connection } });
    expect(firstValueOf(requests[0]?.headers ?? [], 'x-user')).toBe(expected);
  });

  test('has something else answer when no endpoint has', async () => {
    const example = ['docs/errors.md', 'fallthrough: true'] as const;
    const { url } = await serveApp(example, ({ address }) =>
      address.hostname === 'far.example' ? { body: 'far' } : { status: 500 },
    );
    expect(await request(`${url}/api`)).toMatchObject({ status: 200, text: 'far' });
    const other = await serveApp(example, down);
    expect(await request(`${other.url}/api`)).toMatchObject({ status: 503, text: '{"sorry":true}' });
  });
});
