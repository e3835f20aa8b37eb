import type http from 'node:http';
import express from 'express';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { fakeTransport } from '../../src/testing/fake-transport.ts';
import { frames, type Middleware, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Redirects with these headers, in which `HERE` is the endpoint's own host, and `ELSEWHERE` that of another endpoint, which is silent. */
async function redirecting(headers: Record<string, string>, options: Partial<BalancingProxyOptions> = {}) {
  const silent = await resources.start(hanging);
  const here = await resources.start((req, res) => {
    const written = Object.entries(headers).map(([name, value]) => {
      const named = value.replace(/^ELSEWHERE/, silent.url).replace(/^HERE/, `http://${req.headers.host}`);
      return [name, named] as const;
    });
    res.writeHead(302, Object.fromEntries(written)).end();
  });
  return { endpoints: [`${here.url}/v1`, `${silent.url}/v1`], loserGraceMs: 0, ...options };
}

/** Serves a proxy behind Express, at `/api`. */
async function serveMounted(options: BalancingProxyOptions) {
  const served = await resources.serve(options, (proxy) => express().use('/api', proxy));
  return `${served.url}/api`;
}

describe('`locationRewrite`', () => {
  test.each([
    ['the endpoint that answers', 'HERE/v1/cart?id=7', '/api/cart?id=7'],
    ['an endpoint that has not answered', 'ELSEWHERE/v1/cart', '/api/cart'],
    ['a path of the endpoint', '/v1/cart', '/api/cart'],
  ])('leads clients to the proxy from %s', async (_, location, expected) => {
    const url = await serveMounted(await redirecting({ Location: location }, { locationRewrite: true }));
    expect((await request(`${url}/buy`)).headers.location).toBe(expected);
  });

  test('puts its URL in the place of that of the endpoint', async () => {
    const locationRewrite = 'https://www.example.com/shop/';
    const url = await serveMounted(await redirecting({ Location: 'HERE/v1/cart' }, { locationRewrite }));
    expect((await request(url)).headers.location).toBe('https://www.example.com/shop/cart');
  });

  test('knows an endpoint by the host that it is told by the client', async () => {
    const options = await redirecting({ Location: 'HERE/v1/cart' }, { locationRewrite: true, preserveHost: true });
    const url = await serveMounted(options);
    const { headers } = await request(url, { headers: { Host: 'www.example.com' } });
    expect(headers.location).toBe('/api/cart');
  });

  test('knows an endpoint by the host that it is told by a client of HTTP/2', async () => {
    const options = await redirecting({ Location: 'HERE/v1/cart' }, { locationRewrite: true, preserveHost: true });
    const served = await resources.serve(options);
    const frame = frames.find(({ name }) => name === 'node:http2');
    const through = resources.use((await frame?.start({ mounts: { '/': served.proxy } })) ?? served);
    const answer = await frame?.send(through.url).answer;
    expect(answer?.headers.location).toBe('/cart');
    answer?.body.resume();
  });

  test('knows an endpoint by the `Host` of its headers', async () => {
    const { url: endpoint } = await resources.start((req, res) => {
      res.writeHead(303, { Location: `//${req.headers.host}/cart` }).end();
    });
    const endpoints = [{ url: endpoint, headers: { Host: 'shop.internal:80' } }];
    const url = await serveMounted({ endpoints, locationRewrite: true });
    expect((await request(url)).headers.location).toBe('/api/cart');
  });

  test.each([
    ['https://shop.internal', 'http://shop.internal/cart', '/api/cart'],
    ['http://shop.internal', 'http://shop.internal/cart', '/api/cart'],
    ['http://shop.internal', 'https://shop.internal/cart', 'https://shop.internal/cart'],
    ['http://shop.internal:8080', 'https://shop.internal/cart', 'https://shop.internal/cart'],
  ])('makes of an endpoint %s that says %s: %s', async (url, location, expected) => {
    const transport = fakeTransport(() => ({ status: 301, headers: ['Location', location] }));
    const mounted = await serveMounted({ endpoints: [url], transport, locationRewrite: true });
    expect((await request(mounted)).headers.location).toBe(expected);
  });

  test.each([
    ['http://www.example.com/cart', '/api/cart'],
    ['https://www.example.com/cart', '/api/cart'],
    ['https://www.example.com:8443/cart', 'https://www.example.com:8443/cart'],
  ])('makes of the host that an endpoint is told, whatever the protocol, in %s: %s', async (location, expected) => {
    const transport = fakeTransport(() => ({ status: 301, headers: ['Location', location] }));
    const endpoints = ['http://shop.internal'];
    const mounted = await serveMounted({ endpoints, transport, locationRewrite: true, preserveHost: true });
    const { headers } = await request(mounted, { headers: { Host: 'www.example.com' } });
    expect(headers.location).toBe(expected);
  });

  test('leaves other statuses alone, and everything where it is off', async () => {
    const { url } = await resources.start((_, res) => res.writeHead(200, { Location: '/v1/cart' }).end());
    const mounted = await serveMounted({ endpoints: [`${url}/v1`], locationRewrite: true });
    expect((await request(mounted)).headers.location).toBe('/v1/cart');
    const off = await serveMounted(await redirecting({ Location: '/v1/cart' }));
    expect((await request(off)).headers.location).toBe('/v1/cart');
  });

  test('shows `rewriteResponse` what it has made', async () => {
    const rewriteResponse: BalancingProxyOptions['rewriteResponse'] = ({ location }) => ({
      Location: `https://www.example.com${location}`,
    });
    const options = await redirecting({ Location: '/v1/cart' }, { locationRewrite: true, rewriteResponse });
    expect((await request(await serveMounted(options))).headers.location).toBe('https://www.example.com/api/cart');
  });

  /** Bare servers tell nobody of a prefix. */
  const mounting = frames.filter(({ name }) => !name.startsWith('node:'));

  test.each(mounting)('knows where $name has mounted the proxy', async (frame) => {
    const options = await redirecting({ Location: '/v1/cart' }, { locationRewrite: true });
    const served = await resources.serve(options);
    const through = resources.use(await frame.start({ mounts: { '/api': served.proxy satisfies Middleware } }));
    const answer = await frame.send(`${through.url}/api/buy?a=1`).answer;
    await textOf(answer);
    expect(answer.headers.location).toBe('/api/cart');
  });
});

describe('the cookies of endpoints', () => {
  const cookies = ['id=7; Domain=a.internal; Path=/v1', 'lang=en'];
  const setting: http.RequestListener = (_, res) => res.writeHead(200, { 'Set-Cookie': cookies }).end();

  test('get another domain and path', async () => {
    const { url } = await resources.start(setting);
    const options = { cookieDomainRewrite: '', cookiePathRewrite: { '/v1': '/api' } };
    const served = await resources.serve({ endpoints: [url], ...options });
    expect((await request(served.url)).headers['set-cookie']).toEqual(['id=7; Path=/api', 'lang=en']);
  });

  test('stay as they are where nothing else is said', async () => {
    const { url } = await resources.start(setting);
    const served = await resources.serve({ endpoints: [url], locationRewrite: true });
    expect((await request(served.url)).headers['set-cookie']).toEqual(cookies);
  });
});

describe('`pathRewrite` as an object', () => {
  test('changes the path that endpoints are asked for', async () => {
    const { url } = await resources.start((req, res) => answering(200, req.url ?? '')(req, res));
    const served = await resources.serve({ endpoints: [`${url}/v1`], pathRewrite: { '^/old/': '/', '^/': '/new/' } });
    expect((await request(`${served.url}/old/a?b=%20`)).text).toBe('/v1/a?b=%20');
    expect((await request(`${served.url}/a`)).text).toBe('/v1/new/a');
  });
});
