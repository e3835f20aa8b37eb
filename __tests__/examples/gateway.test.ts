import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { createGateway } from '../../examples/gateway.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { startEcho } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

afterEach(() => jest.restoreAllMocks());

/** Logged in is who says `Bearer` and a name. */
const userOf = (req: IncomingMessage) => /^Bearer (\w+)$/.exec(req.headers.authorization ?? '')?.[1];
const ann = { authorization: 'Bearer ann', 'x-user': 'root' };

/** Answers with what it was asked for, and for whom. */
const telling =
  (name: string): RequestListener =>
  (req, res) =>
    void res.end(`${name} ${req.method} ${req.url} for ${req.headers['x-user']}`);

/** Serves the example; `orders` are as told, or one that tells what it was asked. */
async function serve({ orders }: { readonly orders?: readonly string[] } = {}) {
  const live = resources.use(await startEcho());
  live.webSockets.on('connection', (socket, req) => socket.send(`live ${req.url} for ${req.headers['x-user']}`));
  const gateway = createGateway(userOf, {
    '/orders': orders ?? [await resources.startAt(telling('orders'))],
    '/catalog': [await resources.startAt(telling('catalog'))],
    '/live': [live.url],
  });
  const { url } = await resources.listen(gateway.server);
  const stop = () => gateway.stop(0);
  const stopLater = { close: () => (gateway.server.listening ? stop() : undefined) };
  resources.use(stopLater);
  return { url, stop };
}

test.each(['orders', 'catalog'])(
  'what is under /%s goes to its endpoints, for the user who is logged in',
  async (path) => {
    const { url } = await serve();
    const { status, text } = await request(`${url}/${path}/7?x=1`, { headers: ann });
    expect([status, text]).toEqual([200, `${path} GET /7?x=1 for ann`]);
  },
);

test('a client cannot have the header of its user taken off', async () => {
  const { url } = await serve();
  const { text } = await request(`${url}/orders/7`, { headers: { ...ann, 'x-user': 'ann', connection: 'x-user' } });
  expect(text).toBe('orders GET /7 for ann');
});

test.each(['/orders/7', '/catalog', '/nowhere'])('nobody comes to %s without a login', async (path) => {
  const { url } = await serve();
  expect(await request(url + path)).toMatchObject({ status: 401 });
});

test.each(['/live', '/live/', '/live?x=1', '/live/room?x=1'])(
  'an upgrade of %s is under the same login',
  async (path) => {
    const { url } = await serve();
    const socket = new WebSocket(url.replace('http', 'ws') + path, { headers: ann });
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe(`live /${path.slice('/live'.length).replace('/', '')} for ann`);
    socket.terminate();
  },
);

test.each([
  ['/live', {}],
  ['/nowhere', ann],
  ['/lively', ann],
])('an upgrade of %s with the headers %j is refused', async (path, headers) => {
  const { url } = await serve();
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ message: 'Unexpected server response: 401' });
});

test('an error is JSON, and names no endpoint', async () => {
  const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
  const orders = [await refusedUrl()];
  const { url } = await serve({ orders });
  const { status, text } = await request(`${url}/orders`, { headers: ann });
  expect([status, JSON.parse(text)]).toEqual([502, { error: { code: 'ERR_BRP_EXHAUSTED', message: 'Bad Gateway' } }]);
  expect(logged).toHaveBeenCalledWith(expect.anything(), [expect.objectContaining({ endpoint: orders[0] })]);
});

test('health needs no login', async () => {
  const { url } = await serve();
  expect(await request(`${url}/healthz`)).toMatchObject({ status: 200 });
});

test('a stop lets requests end, and closes WebSockets', async () => {
  const slow = await resources.startHeld();
  const { url, stop } = await serve({ orders: [slow.url] });
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: ann });
  socket.on('error', () => {});
  await once(socket, 'open');
  const answer = request(`${url}/orders`, { headers: ann });
  const held = await slow.first;
  const stopped = stop();
  await once(socket, 'close');
  held.end('late');
  expect(await answer).toMatchObject({ status: 200, text: 'late' });
  await stopped;
  await expect(request(`${url}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
