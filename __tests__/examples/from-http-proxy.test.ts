import type { RequestListener } from 'node:http';
import { createAfter } from '../../examples/from-http-proxy/after.ts';
import { createBefore } from '../../examples/from-http-proxy/before.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { replyTo, startEcho } from '../helpers/upgrades.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const apps = {
  'http-proxy': createBefore,
  'the migrated app': (target: string) => createAfter([target]),
};

/** Tells what it was asked, and sends what `/redirect` and the cookies have to be rewritten of. */
const answer: RequestListener = async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const { host, 'x-gateway': gateway, 'x-forwarded-proto': proto } = req.headers;
  res.setHeader('X-Powered-By', 'coffee').setHeader('Set-Cookie', 'id=7; Domain=api.internal; Path=/');
  if (req.url === '/redirect') res.writeHead(302, { Location: `http://${host}/cart` });
  res.end(JSON.stringify({ method: req.method, url: req.url, host, gateway, proto, body }));
};

describe.each(Object.entries(apps))('%s', (_, create) => {
  /** Serves the app before an endpoint. */
  async function serve(target?: string) {
    const endpoint = resources.use(await startEcho({}, answer));
    const { server, close } = create(target ?? endpoint.url);
    resources.use({ close });
    const { url } = await resources.listen(server);
    return { url, host: new URL(endpoint.url).host };
  }

  test('sends a request with headers of its own', async () => {
    const { url, host } = await serve();
    const { text } = await request(`${url}/cart?id=7`, { method: 'POST', body: 'tea' });
    const expected = { method: 'POST', url: '/cart?id=7', host, gateway: 'one', proto: 'http', body: 'tea' };
    expect(JSON.parse(text)).toEqual(expected);
  });

  test('changes the headers of the response', async () => {
    const { url } = await serve();
    const { headers } = await request(url);
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['set-cookie']).toEqual(['id=7; Path=/']);
  });

  test('leads a redirect back', async () => {
    const { url } = await serve();
    const { status, headers } = await request(`${url}/redirect`);
    expect([status, new URL(headers.location ?? '', url).href]).toEqual([302, `${url}/cart`]);
  });

  test('joins a WebSocket', async () => {
    const { url } = await serve();
    expect(await replyTo('tea', `${url}/chat`)).toBe('tea');
  });

  test('answers 502 when nobody is there', async () => {
    const { url } = await serve(await refusedUrl());
    expect(await request(url)).toMatchObject({ status: 502 });
  });
});
