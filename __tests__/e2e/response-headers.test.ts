import type { RequestListener } from 'node:http';
import express from 'express';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw, startRaw } from '../helpers/raw.ts';
import { answered, date, get, ok, resources } from './answered.ts';

describe('headers that were on `res` before', () => {
  const setting =
    (headers: Readonly<Record<string, string | string[]>>) =>
    (proxy: BalancingProxy): RequestListener =>
      express()
        .disable('x-powered-by')
        .use((_req, res, next) => {
          for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
          next();
        })
        .use(proxy);

  test.each<[string, Record<string, string | string[]>, string[], string[]]>([
    ['stay', { 'X-Mine': '1' }, ['X-Its: 2'], ['X-Mine: 1', 'X-Its: 2']],
    ["give way to the endpoint's of that name", { 'X-BOTH': ['1', '2'] }, ['x-both: 3'], ['x-both: 3']],
    ['add up for Set-Cookie', { 'Set-Cookie': 'a=1' }, ['Set-Cookie: b=2'], ['Set-Cookie: a=1', 'Set-Cookie: b=2']],
    ['add up for Vary', { vary: ['a', 'b'] }, ['Vary: c'], ['Vary: a', 'Vary: b', 'Vary: c']],
  ])('%s', async (_, before, lines, expected) => {
    const { text } = await answered(`${head('HTTP/1.1 200 OK', ...lines, 'Content-Length: 2')}ok`, {
      frame: setting(before),
    });
    const received = text.split('\r\n').slice(1, -2);
    expect(received.filter((line) => !/^(date|content-length|connection):/i.test(line))).toEqual(expected);
  });

  test('say nothing about the framing', async () => {
    const chunked = `${head('HTTP/1.1 200 OK', date, 'Transfer-Encoding: chunked')}4\r\nbody\r\n0\r\n\r\n`;
    const frame = setting({ 'Content-Length': '2', Trailer: 'X-T' });
    const streamed = await answered(chunked, { frame, options: { holdMs: 0 } });
    expect(streamed.text).toMatch(/Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/);
    expect(streamed.text).not.toMatch(/content-length/i);
    const held = await answered(chunked, { frame });
    expect(held.text).toMatch(/Content-Length: 4\r\nConnection: close\r\n\r\nbody$/);
    expect(held.text).not.toMatch(/trailer|transfer-encoding/i);
  });
});

describe('`rewriteResponse`', () => {
  const rewrite = (rewriteResponse: unknown): Partial<BalancingProxyOptions> => ({
    rewriteResponse: rewriteResponse as NonNullable<BalancingProxyOptions['rewriteResponse']>,
  });
  const sent = ['X-Old: 1', 'x-Other: 2', 'X-Old: 3'];
  const answer = `${head('HTTP/1.1 200 OK', ...sent, 'Content-Length: 2')}ok`;

  test.each<[string, unknown, string[]]>([
    ['sets', () => ({ 'X-New': 'n' }), ['X-Old: 1', 'X-Old: 3', 'x-Other: 2', 'X-New: n']],
    ['replaces, whatever the case,', () => ({ 'x-OLD': 'n' }), ['x-Other: 2', 'x-OLD: n']],
    ['removes', () => ({ 'x-old': undefined }), ['x-Other: 2']],
    ['repeats', () => ({ 'X-Old': ['a', 'b'] }), ['x-Other: 2', 'X-Old: a', 'X-Old: b']],
    ['sets later', async () => ({ 'X-Old': 'n' }), ['x-Other: 2', 'X-Old: n']],
    ['passes on all', (headers: object) => ({ ...headers }), ['x-old: 1, 3', 'x-other: 2']],
    ['returns nothing for', () => undefined, ['X-Old: 1', 'X-Old: 3', 'x-Other: 2']],
  ])('%s headers', async (_, hook, expected) => {
    const { text } = await answered(answer, { options: rewrite(hook) });
    expect(text.split('\r\n').filter((line) => /^x-/i.test(line))).toEqual(expected);
    expect(text).toMatch(/\r\n\r\nok$/);
  });

  test('gets the headers less the hop-by-hop ones, the status, the request and the name of the endpoint', async () => {
    let got: unknown[] = [];
    const hook: BalancingProxyOptions['rewriteResponse'] = (headers, { status, req, endpoint }) => {
      got = [headers, status, req.url, endpoint];
      return undefined;
    };
    const { endpoint } = await answered(
      head('HTTP/1.1 404 No', 'Set-Cookie: a', 'X-A: 1', 'X-A: 2', 'Keep-Alive: x', 'Content-Length: 0'),
      { options: rewrite(hook) },
    );
    expect(got).toEqual([{ 'set-cookie': ['a'], 'x-a': '1, 2', 'content-length': '0' }, 404, '/', endpoint.url]);
  });

  test.each<[string, unknown]>([
    ['throws', () => JSON.parse('{')],
    ['rejects', async () => JSON.parse('{')],
    ['changes the length', () => ({ 'Content-Length': '3' })],
    ['announces trailers', () => ({ Trailer: 'X-T' })],
    ['returns a line break', () => ({ 'X-New': 'a\r\nX-Injected: 1' })],
    ['returns a string', () => 'X-New: 1'],
    ['never settles', () => new Promise(() => {})],
  ])('that %s is an error 500, and nobody else is asked', async (_, hook) => {
    const first = resources.use(await startRaw(answer));
    const second = resources.use(await startRaw(`${ok}ok`));
    const options = { strategy: 'failover', timeouts: { responseMs: 500 }, ...rewrite(hook) } as const;
    const served = await resources.serve({ endpoints: [first.url, second.url], ...options });
    const { text } = await sendRaw(served.url, get);
    expect(text).toMatch(/^HTTP\/1.1 500 .*\r\n\r\n500 ERR_BRP_HOOK\n$/s);
    expect(text).not.toMatch(/x-old|x-injected/i);
    expect(served.events.at(-1)).toMatchObject({ finalStatus: 500, attempts: [{ outcome: 'won', status: 200 }] });
  });
});

describe('`exposeEndpoint`', () => {
  test.each(['plain', 'Zürich 1'])('shows the name %j', async (name) => {
    const endpoint = resources.use(await startRaw(`${ok}ok`));
    const { url } = await resources.serve({ endpoints: [{ url: endpoint.url, name }], exposeEndpoint: true });
    expect((await request(url)).headers['x-served-by']).toBe(name);
  });

  test('shows nothing by default', async () => {
    expect((await answered(`${ok}ok`)).text).not.toMatch(/x-served-by/i);
  });
});
