import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createUploads } from '../../examples/uploads.ts';
import { MiB } from '../../shared/bytes.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { sendRaw } from '../helpers/raw.ts';

const resources = leakCheckedResources();

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Answers with the hash of the body that came, or not at all when it breaks off. */
const hashing: RequestListener = (req, res) =>
  void readAll(req).then(
    ({ body }) => res.end(hashOf(body)),
    () => {},
  );

/** Answers 500 when the body is here. */
const failing: RequestListener = async (req, res) => {
  await readAll(req);
  res.writeHead(500).end('disk full');
};

/** Serves the example with two servers, each of which answers so. */
async function serve(answers: readonly RequestListener[], settings?: { stalledMs: number }) {
  const endpoints = await Promise.all(answers.map((answer) => resources.start(answer)));
  const urls = endpoints.map(({ url }) => url);
  const { server, proxies } = createUploads(urls, settings);
  for (const proxy of proxies) resources.use(proxy);
  const { url } = await resources.listen(server);
  return { server, url, asked: () => endpoints.map((endpoint) => endpoint.asked()) };
}

const put = (body: Buffer) => ({ method: 'PUT', body });

test('a small upload goes to the next server when the first one fails', async () => {
  const { url, asked } = await serve([failing, hashing]);
  const body = randomBytes(2 * MiB);
  expect(await request(`${url}/avatars/7`, put(body))).toMatchObject({ status: 200, text: hashOf(body) });
  expect(asked()).toEqual([1, 1]);
});

test('a POST that reached the first server goes to no other', async () => {
  const { url, asked } = await serve([failing, hashing]);
  expect(await request(`${url}/avatars`, { method: 'POST', body: 'avatar' })).toMatchObject({ status: 500 });
  expect(asked()).toEqual([1, 0]);
});

test('a small upload over the limit is answered with 413, and no server is asked', async () => {
  const { url, asked } = await serve([hashing, hashing]);
  expect(await request(`${url}/avatars/7`, put(Buffer.alloc(5 * MiB + 1)))).toMatchObject({ status: 413 });
  expect(asked()).toEqual([0, 0]);
});

test('a large upload reaches one server, byte for byte', async () => {
  const { url, asked } = await serve([hashing, hashing]);
  const body = randomBytes(20 * MiB);
  expect(await request(`${url}/videos/7`, put(body))).toMatchObject({ status: 200, text: hashOf(body) });
  expect(asked()).toEqual([1, 0]);
});

test('a large upload that fails is not sent again', async () => {
  const { url, asked } = await serve([failing, hashing]);
  const body = randomBytes(2 * MiB);
  expect(await request(`${url}/videos/7`, put(body))).toMatchObject({ status: 500, text: 'disk full' });
  expect(asked()).toEqual([1, 0]);
});

test('a server that refuses early is heard, though the upload is not over', async () => {
  const { url } = await serve([(_req, res) => void res.writeHead(413).end('too large for me'), hashing]);
  expect(await request(`${url}/videos/7`, put(Buffer.alloc(8 * MiB)))).toMatchObject({
    status: 413,
    text: 'too large for me',
  });
});

test('an upload that takes its time is not ended by Node', async () => {
  const { server } = await serve([hashing]);
  expect(server.requestTimeout).toBe(0);
});

test.each(['avatars', 'videos'])('an upload to /%s that does not go on is ended', async (path) => {
  const { url } = await serve([hashing], { stalledMs: 50 });
  const begun = `PUT /${path}/7 HTTP/1.1\r\nHost: x\r\nContent-Length: ${3 * MiB}\r\n\r\nhalf`;
  expect(await sendRaw(url, begun)).toMatchObject({ text: '' });
});

test('parsers behind the proxies work as ever', async () => {
  const { url } = await serve([hashing]);
  const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"a":1}' };
  expect(JSON.parse((await request(`${url}/comments`, json)).text)).toEqual({ youSent: { a: 1 } });
});
