import http, { type OutgoingHttpHeaders, type RequestListener } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createCachedProxy } from '../../examples/cache.ts';
import { temporaryFolder } from '../cli/files.ts';
import { textOf } from '../docs/project.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { startNginxWith } from '../helpers/nginx.ts';
import { describeWith } from '../helpers/programs.ts';
import { type RequestSettings, request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const fresh = { 'Cache-Control': 'max-age=60', ETag: '"one"' };

/** Serves the proxy for one endpoint, which answers `answer 1`, `answer 2` and so on. */
async function serve(headers: OutgoingHttpHeaders = fresh, status = 200) {
  let count = 0;
  let isDown = false;
  const listener: RequestListener = (req, res) => {
    if (isDown) return answering(500, 'out of order')(req, res);
    count++;
    answering(status, `answer ${count}`, headers)(req, res);
  };
  const endpoint = await resources.start(listener);
  const { url } = await resources.listen(http.createServer(createCachedProxy([endpoint.url])));
  const ask = (settings?: RequestSettings) => request(`${url}/a`, settings);
  const fail = () => {
    isDown = true;
  };
  return { url, ask, fail, endpoint };
}

describe('the recipe of a cache', () => {
  test('gives a fresh answer again without asking', async () => {
    const { ask, endpoint } = await serve();
    await ask();
    const { text, headers } = await ask();
    expect(text).toBe('answer 1');
    expect(headers).toMatchObject({ age: '0', etag: '"one"', 'cache-control': 'max-age=60' });
    expect(endpoint.asked()).toBe(1);
  });

  test('says 304 to a client that has it', async () => {
    const { ask } = await serve();
    await ask();
    expect(await ask({ headers: { 'If-None-Match': '"one"' } })).toMatchObject({ status: 304, text: '' });
  });

  test('asks again when the answer is stale', async () => {
    const { ask } = await serve({ 'Cache-Control': 'max-age=1' });
    await ask();
    await until(async () => (await ask()).text, 'answer 2');
  });

  test('gives a stale answer when no endpoint is of help, and 503 where there is none', async () => {
    const { url, ask, fail, endpoint } = await serve({ 'Cache-Control': 'max-age=1' });
    await ask();
    fail();
    await until(() => endpoint.asked() > 1 || ask().then(() => false));
    expect(await ask()).toMatchObject({ status: 200, text: 'answer 1' });
    expect(await request(`${url}/b`)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await ask({ method: 'POST', body: 'order' })).status).toBe(503);
  });

  test.each<[string, OutgoingHttpHeaders, number?]>([
    ['without an age', {}],
    ['that is private', { 'Cache-Control': 'private, max-age=60' }],
    ['that must not be stored', { 'Cache-Control': 'no-store, max-age=60' }],
    ['with a cookie', { ...fresh, 'Set-Cookie': 'a=1' }],
    ['that depends on the language', { ...fresh, Vary: 'Accept-Language' }],
    ['that is a 404', fresh, 404],
  ])('keeps no answer %s', async (_, headers, status = 200) => {
    const { ask } = await serve(headers, status);
    await ask();
    expect((await ask()).text).toBe('answer 2');
  });

  test.each<[string, RequestSettings]>([
    ['with credentials', { headers: { Authorization: 'Bearer secret' } }],
    ['with a cookie', { headers: { Cookie: 'a=1' } }],
    ['that is no GET', { method: 'POST', body: 'a' }],
  ])('keeps no answer to a request %s', async (_, settings) => {
    const { ask } = await serve();
    await ask(settings);
    expect((await ask(settings)).text).toBe('answer 2');
    expect((await ask()).text).toBe('answer 3');
  });

  test('keeps an answer for each coding that a client takes', async () => {
    const endpoint = await resources.start((req, res) => {
      const isZipped = req.headers['accept-encoding'] === 'gzip';
      res.writeHead(200, { ...fresh, Vary: 'Accept-Encoding', ...(isZipped && { 'Content-Encoding': 'gzip' }) });
      res.end(isZipped ? gzipSync('zipped') : 'plain');
    });
    const { url } = await resources.listen(http.createServer(createCachedProxy([endpoint.url])));
    const zipped = () => request(url, { headers: { 'Accept-Encoding': 'gzip' } });
    await zipped();
    expect((await request(url)).text).toBe('plain');
    const { headers, body } = await zipped();
    expect([headers['content-encoding'], String(gunzipSync(body))]).toEqual(['gzip', 'zipped']);
    expect(endpoint.asked()).toBe(2);
  });

  test('passes long answers on, and keeps none', async () => {
    const endpoint = await resources.start(answering(200, 'x'.repeat(100_000), fresh));
    const { url } = await resources.listen(http.createServer(createCachedProxy([endpoint.url])));
    await request(url);
    expect((await request(url)).text).toHaveLength(100_000);
    expect(endpoint.asked()).toBe(2);
  });
});

describeWith('the recipe of a cache by nginx', ['nginx'], () => {
  test('keeps fresh answers, and gives stale ones when all endpoints are down', async () => {
    const folder = temporaryFolder(resources);
    const endpoint = await resources.start(answering(200, 'answer', { 'Cache-Control': 'max-age=1' }));
    const proxy = await resources.serve({ endpoints: [endpoint.url] });
    const { port, close } = await resources.listen(http.createServer());
    await close();
    const [, block = ''] = /^```nginx\n(.*?)^```$/ms.exec(textOf('docs/recipes/cache.md')) ?? [];
    const site = block
      .replace('/var/cache', folder)
      .replace('listen 8080', `listen 127.0.0.1:${port}`)
      .replace('http://127.0.0.1:8081', proxy.url);
    // Its workers write into the folder, which is the user's own.
    const user = process.getuid?.() === 0 ? 'root' : undefined;
    const url = await startNginxWith(resources, { folder, site, port, user });
    const cacheStatus = async () => (await request(`${url}/a`)).headers['x-cache-status'];
    expect([await cacheStatus(), await cacheStatus()]).toEqual(['MISS', 'HIT']);
    await endpoint.close();
    await until(cacheStatus, 'STALE');
    expect(await request(`${url}/a`)).toMatchObject({ status: 200, text: 'answer' });
    expect((await request(`${url}/b`)).status).toBe(502);
  });
});
