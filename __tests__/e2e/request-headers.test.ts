import type { RequestListener } from 'node:http';
import express from 'express';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';
import { added, forwarded, get, mounted, ok, resources, type Setting, serve } from './forwarded-request.ts';

describe('request headers', () => {
  test('arrive with their case, order, repeats and bytes above 127, and nothing is added but what says who asked', async () => {
    const sent = [
      'x-lOwEr: 1',
      'X-Repeat: a',
      'ACCEPT: */*',
      'X-Repeat: b',
      'x-repeat: c',
      'X-Empty: ',
      'X-Bytes: \xe9 \xff',
      'Content-Disposition: attachment; filename="\xc3\xa9.txt"',
      'Cookie: a=1',
      'Cookie: b=2',
      'Authorization: Bearer x',
      'If-None-Match: "1"',
    ];
    const { headers, host } = await forwarded(get('/', ...sent));
    expect(headers).toEqual([`Host: ${host}`, ...sent, ...added('client.example')]);
  });

  test.each([
    'Keep-Alive: timeout=5',
    'Proxy-Authorization: Basic eDp5',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'Trailer: X-Checksum',
    'Upgrade: h2c',
    'Expect: 100-continue',
  ])('that concern one connection do not arrive: %s', async (line) => {
    const { headers, host } = await forwarded(get('/', 'X-Kept: 1', line));
    expect(headers).toEqual([`Host: ${host}`, 'X-Kept: 1', ...added('client.example')]);
  });

  test('that `Connection` names do not arrive, in whatever case and however many `Connection`s there are', async () => {
    const sent = [
      'Connection: x-one,,  X-TWO',
      'X-One: 1',
      'x-two: 2',
      'Connection: X-Three',
      'X-Three: 3',
      'X-Four: 4',
    ];
    const { headers, host } = await forwarded(get('/', ...sent));
    expect(headers).toEqual([`Host: ${host}`, 'X-Four: 4', ...added('client.example')]);
  });

  test('that we add cannot be removed by a `Connection` that names them', async () => {
    const named =
      'Connection: close, host, via, x-forwarded-for, x-forwarded-host, x-forwarded-proto, x-forwarded-port';
    const post = head('POST / HTTP/1.1', 'Host: h', `${named}, content-length, content-type`, 'Content-Length: 4');
    const { headers, body, host } = await forwarded(`${post}body`);
    expect(headers).toEqual([`Host: ${host}`, 'Content-Length: 4', ...added('h')]);
    expect(body).toBe('body');
  });

  test('of a body encoded with `Transfer-Encoding` give way to its length', async () => {
    const post = head('POST / HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked', 'Trailer: X-T', 'Connection: close');
    const { headers, body, host } = await forwarded(`${post}2\r\nbo\r\n2\r\ndy\r\n0\r\nX-T: t\r\n\r\n`);
    expect(headers).toEqual([`Host: ${host}`, 'Content-Length: 4', ...added('h')]);
    expect(body).toBe('body');
  });
});

describe('who asked', () => {
  const claims = [
    'X-Forwarded-For: 10.0.0.1',
    'x-forwarded-for: 10.0.0.2',
    'X-Forwarded-Host: claimed.example:8443',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 8443',
    'Forwarded: for=10.0.0.1',
  ];
  const ours = added('client.example').slice(0, 4);
  const believed = [
    'X-Forwarded-For: 10.0.0.1, 10.0.0.2, 127.0.0.1',
    'X-Forwarded-Host: claimed.example:8443',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 8443',
    'Forwarded: for=10.0.0.1, for=127.0.0.1;host="client.example";proto=http',
  ];
  const trusting =
    (setting: unknown) =>
    (proxy: BalancingProxy): RequestListener =>
      express().set('trust proxy', setting).use(proxy);
  const isPartner: BalancingProxyOptions['trustForwarded'] = ({ headers }) => headers['x-partner'] === 'yes';

  test.each<[string, Setting, string[], string[]]>([
    ['replaced by default', {}, [], ours],
    ['believed with `trustForwarded`', { options: { trustForwarded: true } }, [], believed],
    ['believed when the function says so', { options: { trustForwarded: isPartner } }, ['X-Partner: yes'], believed],
    ['replaced when the function does not', { options: { trustForwarded: isPartner } }, ['X-Partner: no'], ours],
    ["believed with Express's `trust proxy`", { frame: trusting(true) }, [], believed],
    ["believed when Express's `trust proxy` names the client", { frame: trusting('loopback') }, [], believed],
    ["replaced when Express's `trust proxy` names another", { frame: trusting('10.0.0.1') }, [], ours],
    ['replaced with Express by default', { frame: mounted('/') }, [], ours],
    [
      'replaced when the option contradicts Express',
      { frame: trusting(true), options: { trustForwarded: false } },
      [],
      ours,
    ],
  ])('is %s', async (_, setting, more, expected) => {
    const { headers } = await forwarded(get('/', ...claims, ...more), setting);
    expect(headers.filter((line) => /^(x-)?forwarded/i.test(line))).toEqual(expected);
  });

  test.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{')],
    ['gives a promise, which would always look like yes', async () => false],
    ['gives a promise that rejects', async () => JSON.parse('{')],
  ])('is answered with 500 when `trustForwarded` %s', async (_, trustForwarded) => {
    const { url } = await serve({ options: { trustForwarded: trustForwarded as () => boolean } });
    expect((await request(url)).text).toBe('500 ERR_BRP_HOOK\n');
  });

  test('keeps the port that the client asked for', async () => {
    const { url, endpoint } = await serve();
    await request(url);
    const { headers = [] } = endpoint.requests[0] ?? {};
    expect(valuesIn(headers, 'x-forwarded-host')).toEqual([new URL(url).host]);
    expect(valuesIn(headers, 'x-forwarded-port')).toEqual([new URL(url).port]);
  });

  test('goes on in `Via`, behind the proxies before us', async () => {
    const { headers } = await forwarded(get('/', 'Via: 1.1 first', 'via: 1.0 second (comment)'));
    expect(valuesIn(headers, 'via')).toEqual(['1.1 first, 1.0 second (comment), 1.1 us']);
  });
});

describe('`Host`', () => {
  test.each<[string, Setting, string]>([
    ["the client's with `preserveHost`", { options: { preserveHost: true } }, 'client.example'],
    ["the endpoint's configured one", { options: {} }, 'configured.example'],
    [
      "the endpoint's configured one even with `preserveHost`",
      { options: { preserveHost: true } },
      'configured.example',
    ],
  ])('is %s', async (_, { options }, expected) => {
    const endpoint = resources.use(await startRaw(ok));
    const headers = expected === 'configured.example' ? { Host: expected } : {};
    const { url } = await resources.serve({ endpoints: [{ url: endpoint.url, headers }], ...options });
    await sendRaw(url, get('/'));
    expect(valuesIn(endpoint.requests[0]?.headers ?? [], 'host')).toEqual([expected]);
  });

  test("is the endpoint's own with `preserveHost` when the client has none", async () => {
    const { headers, host } = await forwarded('GET / HTTP/1.0\r\n\r\n', { options: { preserveHost: true } });
    expect(valuesIn(headers, 'host')).toEqual([host]);
  });
});

describe("an endpoint's own headers", () => {
  test('replace all of that name that the client sent, and may repeat', async () => {
    const endpoint = resources.use(await startRaw(ok));
    const headers = { 'X-Key': ['1', '2'], authorization: 'Bearer endpoint' };
    const { url } = await resources.serve({ endpoints: [{ url: endpoint.url, headers }], via: 'us' });
    await sendRaw(url, get('/', 'x-key: client', 'X-KEY: again', 'Authorization: Bearer client', 'X-Kept: 1'));
    expect(endpoint.requests[0]?.headers).toEqual([
      `Host: ${new URL(endpoint.url).host}`,
      'X-Key: 1',
      'X-Key: 2',
      'authorization: Bearer endpoint',
      'X-Kept: 1',
      ...added('client.example'),
    ]);
  });

  test('go to that endpoint only', async () => {
    const endpoints = [resources.use(await startRaw(ok)), resources.use(await startRaw(ok))] as const;
    const options = { endpoints: [{ url: endpoints[0].url, headers: { 'X-Key': '1' } }, endpoints[1].url] };
    const { url } = await resources.serve({ ...options, terminalStatuses: '404' });
    await sendRaw(url, get('/'));
    expect(endpoints.map(({ requests: [got] }) => valuesIn(got?.headers ?? [], 'x-key'))).toEqual([['1'], []]);
  });
});
