import type { RequestListener } from 'node:http';
import type { HookContext } from '../../src/index.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** What a function of the user was told. */
type Told = readonly [hook: string, endpoint: string, attempt: number, reason: string, url: string | undefined];

/** Serves a hedge over endpoints of which the first one hangs, and keeps what the user's functions and the endpoints are told. */
async function serveHedge() {
  const told: Told[] = [];
  const take = (hook: string, { endpoint, attempt, reason, req }: HookContext): void => {
    told.push([hook, endpoint, attempt, reason, req.url]);
  };
  const extra: unknown[] = [];
  const noting =
    (listener: RequestListener): RequestListener =>
    (req, res) => {
      extra.push(req.headers['x-extra-attempt']);
      listener(req, res);
    };
  const endpoints = [await resources.start(noting(hanging)), await resources.start(noting(answering(200, 'second')))];
  const served = await resources.serve({
    endpoints: endpoints.map(({ url }, index) => ({ url, name: `endpoint ${index}` })),
    strategy: 'hedge',
    order: 'given',
    hedge: { delayMs: 10 },
    isUsable: (_, context) => {
      take('isUsable', context);
      return true;
    },
    rewriteRequest: (_, context) => {
      take('rewriteRequest', context);
      return context.attempt > 1 ? { 'x-extra-attempt': context.reason } : undefined;
    },
    rewriteResponse: (_, context) => {
      take('rewriteResponse', context);
      return { 'x-reason': context.reason };
    },
  });
  return { served, told, extra };
}

test('the functions of the user are told for which attempt they are called, and why it was started', async () => {
  const { served, told } = await serveHedge();
  const { headers } = await request(`${served.url}/path`);
  expect(headers['x-reason']).toBe('hedge');
  expect(told).toEqual([
    ['rewriteRequest', 'endpoint 0', 1, 'first', '/path'],
    ['rewriteRequest', 'endpoint 1', 2, 'hedge', '/path'],
    ['isUsable', 'endpoint 1', 2, 'hedge', '/path'],
    ['rewriteResponse', 'endpoint 1', 2, 'hedge', '/path'],
  ]);
});

test('an endpoint can be told that it gets an extra attempt', async () => {
  const { served, extra } = await serveHedge();
  await request(served.url);
  expect(extra).toEqual([undefined, 'hedge']);
});
