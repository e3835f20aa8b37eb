import type { RequestListener } from 'node:http';
import { createAfter } from '../../examples/from-http-proxy-middleware/after.ts';
import { createBefore } from '../../examples/from-http-proxy-middleware/before.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { replyTo, startEcho } from '../helpers/upgrades.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const apps = {
  'http-proxy-middleware': createBefore,
  'the migrated app': (stable: string, beta: string) => createAfter([stable], [beta]),
};

/** Tells what it was asked. */
const telling =
  (name: string): RequestListener =>
  async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { host, 'x-gateway': gateway } = req.headers;
    res.setHeader('X-Powered-By', 'coffee');
    res.end(JSON.stringify({ name, method: req.method, url: req.url, host, gateway, body }));
  };

describe.each(Object.entries(apps))('%s', (_, create) => {
  /** Serves the app before two endpoints. */
  async function serve() {
    const stable = resources.use(await startEcho({}, telling('stable')));
    const beta = await resources.start(telling('beta'));
    const { server, close } = create(stable.url, beta.url);
    resources.use({ close });
    const { url } = await resources.listen(server);
    return { url, host: new URL(stable.url).host };
  }

  test('sends a parsed body', async () => {
    const { url, host } = await serve();
    const headers = { 'Content-Type': 'application/json' };
    const { text } = await request(`${url}/api/cart?id=7`, { method: 'POST', headers, body: '{"tea":1}' });
    const expected = { name: 'stable', method: 'POST', url: '/v1/cart?id=7', host, gateway: 'one', body: '{"tea":1}' };
    expect(JSON.parse(text)).toEqual(expected);
  });

  test('rewrites the path', async () => {
    const { url } = await serve();
    expect(JSON.parse((await request(`${url}/api/old/cart`)).text)).toMatchObject({ url: '/v1/new/cart' });
  });

  test('takes the endpoint by the host', async () => {
    const { url } = await serve();
    const { text } = await request(`${url}/api/cart`, { headers: { Host: 'beta.example.com' } });
    expect(JSON.parse(text)).toMatchObject({ name: 'beta', url: '/v1/cart' });
  });

  test('changes the headers of the response', async () => {
    const { url } = await serve();
    expect((await request(`${url}/api/cart`)).headers['x-powered-by']).toBeUndefined();
  });

  test('changes the body of the response', async () => {
    const { url } = await serve();
    const { text, headers } = await request(`${url}/api/cart`, { method: 'PUT', body: 'http://api.internal/' });
    expect(JSON.parse(text)).toMatchObject({ body: 'http://www.example.com/' });
    expect(headers['content-length'] ?? String(text.length)).toBe(String(text.length));
  });

  test('leaves a filtered path whole, and others to the app', async () => {
    const { url } = await serve();
    expect(JSON.parse((await request(`${url}/chat/room`)).text)).toMatchObject({ url: '/chat/room' });
    expect(await request(`${url}/elsewhere`)).toMatchObject({ status: 404 });
  });

  test('joins a WebSocket of that path alone', async () => {
    const { url } = await serve();
    expect(await replyTo('tea', `${url}/chat`)).toBe('tea');
  });
});
