import http, { type RequestListener } from 'node:http';
import { createShop } from '../../examples/cookies-and-redirects.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Serves the example with servers that answer so, below `/v1`. */
async function serve(answers: readonly RequestListener[], settings?: { isSecure: boolean }) {
  const urls = await Promise.all(answers.map(async (answer) => `${await resources.startAt(answer)}/v1`));
  const { app, proxy } = createShop(urls, settings);
  resources.use(proxy);
  const { url } = await resources.listen(http.createServer(app));
  return { url, urls };
}

const settingCookies = answering(200, 'welcome', {
  'Set-Cookie': [
    'id=7; Domain=a.internal; Path=/v1; HttpOnly; Secure',
    'theme=dark; Path=/',
    '__Host-login=1; Secure; Path=/',
    'plain=1',
  ],
});

test('cookies are for the host and the path that browsers know', async () => {
  const { url } = await serve([settingCookies]);
  const { headers } = await request(`${url}/shop/cart`);
  expect(headers['set-cookie']).toEqual([
    'id=7; Path=/shop; HttpOnly; Secure',
    'theme=dark; Path=/shop',
    '__Host-login=1; Secure; Path=/',
    'plain=1',
  ]);
});

test('without TLS cookies are not only for TLS', async () => {
  const { url } = await serve([settingCookies], { isSecure: false });
  const { headers } = await request(`${url}/shop/cart`);
  expect(headers['set-cookie']?.[0]).toBe('id=7; Path=/shop; HttpOnly');
});

test.each([
  ['the server itself', (own: string) => `${own}/cart?id=7`, '/shop/cart?id=7'],
  ['a path of the server', () => '/v1/cart', '/shop/cart'],
  ['elsewhere', () => 'https://login.example/', 'https://login.example/'],
  ['a relative path', () => 'cart', 'cart'],
])('a redirect to %s leads where it should', async (_, locationFor, expected) => {
  const { url } = await serve([
    (req, res) => {
      res.writeHead(302, { Location: locationFor(`http://${req.headers.host}/v1`) }).end();
    },
  ]);
  expect((await request(`${url}/shop/buy`)).headers.location).toBe(expected);
});

test('a redirect to another server of the list leads back, too', async () => {
  const { url, urls } = await serve([
    (_req, res) => void res.writeHead(303, { Location: `${urls[1]}/cart` }).end(),
    answering(200, 'cart'),
  ]);
  expect((await request(`${url}/shop/buy`)).headers.location).toBe('/shop/cart');
});
