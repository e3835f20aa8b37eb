import http, { type RequestListener } from 'node:http';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { type Frame, frames, sendHttp2, textOf } from '../helpers/frames.ts';
import { late } from '../helpers/late.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { connectRaw, serveUpgrades, startSwitching } from '../helpers/upgrades.ts';
import { proxyTo, resources, serveIn } from './framed.ts';

const good = answering(200, 'good');
const bad = answering(500, 'bad');

/** Starts endpoints named `one`, `two` and so on. */
async function start(...listeners: readonly RequestListener[]) {
  const names = ['one', 'two', 'three'];
  const startOne = async (listener: RequestListener, index: number) => {
    return { url: (await resources.start(listener)).url, name: names[index] ?? '' };
  };
  return Promise.all(listeners.map(startOne));
}

/** The value of `Server-Timing` for one request. */
async function timingOf(options: Partial<BalancingProxyOptions> & Pick<BalancingProxyOptions, 'endpoints'>) {
  const { url } = await resources.serve({ exposeAttempts: true, ...options });
  const { headers } = await request(url);
  return headers['server-timing'];
}

/** What the header says, with the time that is its own. */
const telling = (endpoint: string, attempts: number) =>
  new RegExp(`^brp-endpoint;desc="${endpoint}";dur=[\\d.]+, brp-attempts;desc="${attempts}"$`);

describe('`exposeAttempts`', () => {
  test.each<[string, RequestListener[], Partial<BalancingProxyOptions>, string, number]>([
    ['the winner of a race', [hanging, good], {}, 'two', 2],
    ['the only one that was asked', [good, hanging], { strategy: 'failover' }, 'one', 1],
    ['the one behind two that failed', [bad, bad, good], { strategy: 'failover' }, 'three', 3],
    ['the first of those that were all unusable', [bad, bad], { strategy: 'failover' }, 'one', 2],
  ])('tells %s, and how many attempts were begun', async (_, listeners, options, endpoint, attempts) => {
    const endpoints = await start(...listeners);
    expect(await timingOf({ endpoints, ...options })).toMatch(telling(endpoint, attempts));
  });

  test('tells the milliseconds from the coming of the request to the usable response', async () => {
    const endpoints = await start(bad, late(50, good));
    const timing = await timingOf({ endpoints, strategy: 'failover' });
    const [, ms] = /;dur=([\d.]+)/.exec(String(timing)) ?? [];
    // A timer may fire up to a millisecond early.
    expect(Number(ms)).toBeGreaterThanOrEqual(49);
  });

  test('stands behind what the endpoint has measured', async () => {
    const endpoints = await start((_, res) => void res.setHeader('Server-Timing', 'db;dur=53').end('ok'));
    expect(await timingOf({ endpoints })).toMatch(/^db;dur=53, brp-endpoint;desc="one";dur=[\d.]+, brp-attempts;/);
  });

  test('stands behind what the app has measured', async () => {
    const [endpoint = { url: '' }] = await start(
      (_, res) => void res.setHeader('Server-Timing', 'db;dur=53').end('ok'),
    );
    const proxy = proxyTo([endpoint.url], { exposeAttempts: true });
    const server = http.createServer((req, res) => {
      res.setHeader('Server-Timing', 'app;dur=1');
      proxy(req, res);
    });
    const { url } = await resources.listen(server);
    const { headers } = await request(url);
    expect(headers['server-timing']).toMatch(/^app;dur=1, db;dur=53, brp-endpoint;/);
  });

  test('quotes the name', async () => {
    const [{ url } = { url: '' }] = await start(good);
    expect(await timingOf({ endpoints: [{ url, name: 'the "good", one\\' }] })).toMatch(
      /^brp-endpoint;desc="the \\"good\\", one\\\\";dur=/,
    );
  });

  test('may be taken away by `rewriteResponse`', async () => {
    const endpoints = await start(good);
    const rewriteResponse = (headers: http.IncomingHttpHeaders) => {
      return { 'server-timing': undefined, 'x-was': String(headers['server-timing']) };
    };
    const { url } = await resources.serve({ endpoints, exposeAttempts: true, rewriteResponse });
    const { headers } = await request(url);
    expect(headers['server-timing']).toBeUndefined();
    expect(headers['x-was']).toMatch(telling('one', 1));
  });

  test('is told over HTTP/2', async () => {
    const [{ url: endpoint } = { url: '' }] = await start(
      (_, res) => void res.setHeader('Server-Timing', ['db;dur=53', 'cache;dur=1']).end('ok'),
    );
    const frame = frames.find(({ name }) => name === 'node:http2') as Frame;
    const { url } = await serveIn(frame, proxyTo([endpoint], { exposeAttempts: true }));
    const answer = await sendHttp2(url).answer;
    expect(await textOf(answer)).toBe('ok');
    expect(answer.headers['server-timing']).toMatch(
      /^db;dur=53, cache;dur=1, brp-endpoint;desc="http:[^"]+";dur=[\d.]+, brp-attempts;desc="1"$/,
    );
  });

  test('is told with an upgrade', async () => {
    const endpoint = resources.use(await startSwitching());
    const served = resources.use(await serveUpgrades({ endpoints: [endpoint.url], exposeAttempts: true }));
    const client = connectRaw(served.url);
    resources.use({ close: () => client.socket.destroy() });
    expect(await client.until('\r\n\r\n')).toMatch(
      /\r\nServer-Timing: brp-endpoint;desc="[^"]+";dur=[\d.]+, brp-attempts/,
    );
  });

  test('tells nothing by default', async () => {
    const endpoints = await start(good);
    expect(await timingOf({ endpoints, exposeAttempts: false })).toBeUndefined();
  });
});
