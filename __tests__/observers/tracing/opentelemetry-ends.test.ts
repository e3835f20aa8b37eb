import http, { type RequestListener } from 'node:http';
import type { BalancingProxyOptions } from '../../../src/index.ts';
import { request } from '../../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { attemptSpans, endOf, fine, open, requestSpan, resources, serve, withinSpan } from './traced-proxy.ts';

const cutShort: RequestListener = (_, res) =>
  void res.writeHead(200, { 'Content-Length': 9 }).write('half', () => res.destroy());

describe('the end of an attempt', () => {
  test.each<[string, RequestListener, Partial<BalancingProxyOptions>, object]>([
    ['is no error when a usable 404 won', answering(404, ''), {}, { ...fine, outcome: 'won', status: 404 }],
    [
      'is an error when a 503 won because it is a terminal status',
      answering(503, ''),
      { terminalStatuses: '500' },
      { outcome: 'won', status: 503, error: '503', isError: true },
    ],
    [
      'is an error when a 404 was not usable',
      answering(404, ''),
      { terminalStatuses: '200' },
      { outcome: 'unusable', status: 404, error: '404', isError: true },
    ],
    [
      'is an error of its own kind when a 200 was not usable',
      answering(200, ''),
      { isUsable: () => false },
      { outcome: 'unusable', status: 200, error: 'unusable', isError: true },
    ],
    [
      'is an error when time was up',
      hanging,
      { timeouts: { responseMs: 20 } },
      {
        outcome: 'timed-out',
        status: undefined,
        error: 'ERR_BRP_RESPONSE_TIMEOUT',
        isError: true,
        message: expect.any(String),
      },
    ],
    [
      'is an error with a status when the response was cut short',
      cutShort,
      {},
      {
        outcome: 'failed',
        status: 200,
        error: 'ERR_BRP_CONNECTION_LOST',
        isError: true,
        message: expect.any(String),
      },
    ],
    [
      'is no error when the time of the whole request was up',
      hanging,
      { timeouts: { totalMs: 20 } },
      { ...fine, outcome: 'cancelled' },
    ],
  ])('%s', async (_, listener, options, end) => {
    const { url } = await resources.start(listener);
    const served = await serve({ endpoints: [url], ...options });
    await request(served.url);
    expect((await attemptSpans(served)).map(endOf)).toEqual([end]);
  });

  test('comes for each one when no endpoint has a usable response', async () => {
    const served = await serve({
      endpoints: [(await resources.start(answering(500, 'bad'))).url, await refusedUrl()],
      frame: withinSpan,
    });
    expect((await request(served.url)).text).toBe('bad');
    expect((await attemptSpans(served)).map((span) => endOf(span).outcome)).toEqual(['unusable', 'failed']);
    expect((await requestSpan()).attributes).toEqual({ 'balancing_proxy.attempts': 2 });
  });

  test('comes for each one when the client is gone, and is no error', async () => {
    const endpoints = [await resources.start(hanging), await resources.start(hanging)];
    const served = await serve({ endpoints: endpoints.map(({ url }) => url), frame: withinSpan });
    const client = http.get(served.url).on('error', () => {});
    await until(() => open.size, 3);
    client.destroy();
    const spans = await attemptSpans(served);
    expect(spans.map(endOf)).toEqual(Array(2).fill({ ...fine, outcome: 'cancelled' }));
  });
});
