import { once } from 'node:events';
import type http from 'node:http';
import { frames, mountingFrames, textOf } from '../helpers/frames.ts';
import { readAll } from '../helpers/proxy.ts';
import { answering, refusedUrl } from '../helpers/servers.ts';
import { proxyTo, resources, serveIn, telling } from './framed.ts';

describe.each(frames)('under $name', (frame) => {
  test('a GET is answered with status, headers and body of the endpoint', async () => {
    const endpoint = await resources.start(answering(203, 'hello', { 'X-It': 'yes', 'Set-Cookie': ['a=1', 'b=2'] }));
    const { url } = await serveIn(frame, proxyTo([await refusedUrl(), endpoint.url]));
    const answer = await frame.send(`${url}/a/path?x=1`).answer;
    expect([answer.status, await textOf(answer)]).toEqual([203, 'hello']);
    expect(answer.headers).toMatchObject({ 'x-it': 'yes', 'set-cookie': ['a=1', 'b=2'], 'content-length': '5' });
  });

  test('a POST reaches every endpoint with target, headers and JSON body', async () => {
    const asked: object[] = [];
    const slow: http.RequestListener = async (req, res) => {
      asked.push({ url: req.url, headers: req.headers, text: (await readAll(req)).text });
      if (asked.length === 2) answering(200, 'both')(req, res);
    };
    const { url } = await serveIn(
      frame,
      proxyTo([(await resources.start(slow)).url, (await resources.start(slow)).url]),
    );
    const body = '{"name": "Grüße"}';
    const headers = { 'Content-Type': 'application/json', 'X-It': 'yes' };
    const answer = await frame.send(`${url}/a//%2F?x`, { method: 'POST', headers, body }).answer;
    expect(await textOf(answer)).toBe('both');
    const same = { 'content-type': 'application/json', 'content-length': '19', 'x-it': 'yes' };
    const expected = { url: '/a//%2F?x', headers: expect.objectContaining(same), text: body };
    expect(asked).toEqual([expected, expected]);
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('a %s that is answered with %i has no body', async (method, status) => {
    const endpoint = await resources.start((_, res) => void res.writeHead(status, { 'X-It': 'yes' }).end());
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const answer = await frame.send(url, { method }).answer;
    expect([answer.status, answer.headers['x-it'], await textOf(answer)]).toEqual([status, 'yes', '']);
  });

  test('a chunked response is streamed as it comes', async () => {
    const endpoint = await resources.startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const { answer } = frame.send(url);
    const held = await endpoint.first;
    held.write('first,');
    const { body } = await answer;
    expect(String((await once(body, 'data'))[0])).toBe('first,');
    held.write('second,');
    expect(String((await once(body, 'data'))[0])).toBe('second,');
    held.end('last');
    expect(await textOf({ body })).toBe('last');
  });

  test('a response that breaks off never ends as if it were whole', async () => {
    const endpoint = await resources.startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const { answer } = frame.send(url);
    const held = await endpoint.first;
    held.write('half');
    const received = await answer;
    await once(received.body, 'readable');
    held.destroy();
    await expect(textOf(received)).rejects.toMatchObject({
      code: frame.name === 'node:http2' ? 'ERR_HTTP2_STREAM_ERROR' : 'ECONNRESET',
    });
  });

  test('a client that leaves before the head cancels every attempt', async () => {
    const held = [await resources.startHeld(), await resources.startHeld()];
    const { url } = await serveIn(frame, proxyTo(held.map((endpoint) => endpoint.url)));
    const client = frame.send(url);
    await Promise.all(held.map(({ first }) => first));
    client.abort();
    await Promise.all(held.map((endpoint) => endpoint.idle()));
  });

  test('a client that leaves within the body cancels the winner', async () => {
    const endpoint = await resources.startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const client = frame.send(url);
    (await endpoint.first).write('first');
    const { body } = await client.answer;
    body.on('error', () => {});
    client.abort();
    await endpoint.idle();
  });

  test('a client that has left before the proxy is called makes no attempt', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const proxy = proxyTo([endpoint.url]);
    const called = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const { url } = await serveIn(frame, (req, res, next) => {
      res.once('close', () => {
        proxy(req, res, next);
        called.resolve();
      });
      reached.resolve();
    });
    const client = frame.send(url);
    await reached.promise;
    client.abort();
    await called.promise;
    await proxy.close();
    expect(endpoint.accepted).toBe(0);
  });

  test("an error is answered with its status by the frame's own means", async () => {
    const { url } = await serveIn(frame, proxyTo([await refusedUrl()]));
    expect((await frame.send(url).answer).status).toBe(502);
  });

  test('an error goes to the error handler, with its headers', async () => {
    const proxy = proxyTo([await refusedUrl()]);
    await proxy.close();
    const { url } = await serveIn(frame, proxy, ({ status, code, headers }, res) => {
      res.writeHead(status, headers).end(`handled ${code}`);
    });
    const answer = await frame.send(url).answer;
    expect([answer.status, answer.headers['retry-after'], await textOf(answer)]).toEqual([
      503,
      '1',
      'handled ERR_BRP_CLOSED',
    ]);
  });
});

describe.each(mountingFrames)('mounted under $name', (frame) => {
  test('takes the prefix off, whatever stands behind it', async () => {
    const endpoint = await resources.start(telling);
    const proxy = proxyTo([`${endpoint.url}/base`]);
    const { url } = resources.use(await frame.start({ mounts: { '/api': proxy } }));
    for (const [path, seen] of Object.entries({
      '/api': '/base/',
      '/api/': '/base/',
      '/api/x/%2F?a': '/base/x/%2F?a',
    })) {
      expect(JSON.parse(await textOf(await frame.send(url + path).answer)).url).toBe(seen);
    }
    expect((await frame.send(`${url}/other`).answer).status).toBe(404);
  });

  test('serves two proxies on two prefixes, and one of them on a third', async () => {
    const [first, second] = [
      await resources.start(answering(200, 'first')),
      await resources.start(answering(200, 'second')),
    ];
    const [one, two] = [proxyTo([first.url]), proxyTo([second.url])];
    const { url } = resources.use(await frame.start({ mounts: { '/one': one, '/two': two, '/three': one } }));
    const paths = ['/one/x', '/two/x', '/three/x', '/one', '/two', '/three'];
    const texts = paths.map(async (path) => textOf(await frame.send(url + path).answer));
    expect(await Promise.all(texts)).toEqual(['first', 'second', 'first', 'first', 'second', 'first']);
    expect([one.endpoints[0]?.successes, two.endpoints[0]?.successes]).toEqual([4, 2]);
  });
});
