import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Agent, MockAgent, ProxyAgent } from 'undici';
import { createCertificate } from '../../shared/certificate.ts';
import type { UpstreamRequest } from '../../src/index.ts';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { type UndiciTransportOptions, undiciTransport } from '../../src/transports/undici.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { startForwardProxy } from '../helpers/proxy-server.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const create = (options: UndiciTransportOptions) => {
  const transport = resources.use(undiciTransport(options));
  return async (url: string, more: Partial<UpstreamRequest> = {}) => {
    const { status, headers, body } = await transport.send(upstreamRequest(url, more), new AbortController().signal);
    return { status, headers, text: await text(body) };
  };
};

describe("undici's MockAgent", () => {
  const origin = 'http://one.example';
  const start = () => {
    const dispatcher = resources.use(new MockAgent());
    dispatcher.disableNetConnect();
    return { pool: dispatcher.get(origin), send: create({ dispatcher }) };
  };

  test.each([{}, { freshConnection: true }])('gives its answer, with its headers: %j', async (more) => {
    const { pool, send } = start();
    const headers = { 'X-One': '1', 'Set-Cookie': ['a=1', 'b=2'] };
    pool.intercept({ path: '/x', headers: { host: 'one.example' } }).reply(200, 'mocked', { headers });
    expect(await send(origin, { target: '/x', ...more })).toEqual({
      status: 200,
      headers: ['X-One', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
      text: 'mocked',
    });
  });

  test('sees the body as the text that it is', async () => {
    const { pool, send } = start();
    pool.intercept({ path: '/', method: 'PUT', body: 'hello' }).reply(201, 'made');
    const headers = ['Host', 'one.example', 'Content-Length', '5'];
    expect(await send(origin, { method: 'PUT', headers, body: Buffer.from('hello') })).toMatchObject({ status: 201 });
  });

  test('gives its error, and one for what it does not know', async () => {
    const { pool, send } = start();
    pool.intercept({ path: '/' }).replyWithError(new Error('broken on purpose'));
    await expect(send(origin)).rejects.toThrow('broken on purpose');
    await expect(send('http://other.example')).rejects.toThrow('not matched');
  });
});

describe("undici's ProxyAgent", () => {
  test('gets the requests, and checks certificates by its own settings', async () => {
    const proxy = resources.use(await startForwardProxy());
    const certificate = await createCertificate();
    const secure = await resources.listen(https.createServer(certificate, answering(200, 'secure')));
    const dispatcher = resources.use(new ProxyAgent({ uri: proxy.url, requestTls: { ca: certificate.cert } }));
    const url = `https://localhost:${secure.port}`;
    expect(await create({ dispatcher })(url)).toMatchObject({ status: 200, text: 'secure' });
    expect(proxy.asked).toEqual([`CONNECT localhost:${secure.port}`]);
  });
});

describe("a dispatcher of the user's", () => {
  test('is not closed along with the transport', async () => {
    const server = await resources.start(answering(200, 'ok'));
    const dispatcher = resources.use(new Agent());
    const transport = undiciTransport({ dispatcher });
    await text((await transport.send(upstreamRequest(server.url), new AbortController().signal)).body);
    await transport.close();
    expect([dispatcher.destroyed, dispatcher.closed]).toEqual([false, false]);
  });

  test('gets nothing of what goes over node:http, which goes over `agent`', async () => {
    const server = await resources.start((req, res) => void req.pipe(res));
    const dispatcher = resources.use(new MockAgent());
    dispatcher.disableNetConnect();
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });
    const headers = ['Host', 'h', 'Transfer-Encoding', 'chunked'];
    const streamed = { method: 'POST', headers, body: Readable.from(['hel', 'lo']) };
    expect(await create({ dispatcher, agent })(server.url, streamed)).toMatchObject({ status: 200, text: 'hello' });
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
  });
});

describe('undiciTransport() refuses', () => {
  const dispatcher = new Agent();

  test.each<[string, object, string]>([
    [
      'what is no dispatcher',
      { dispatcher: {} },
      "option `dispatcher`: expected a dispatcher such as undici's MockAgent, got [object Object]",
    ],
    [
      'settings that a dispatcher would not heed',
      { dispatcher, connections: 2 },
      'option `connections`: has no effect together with `dispatcher`',
    ],
    [
      'HTTP/2, which would go past a dispatcher',
      { dispatcher, http2: true },
      'option `http2`: has no effect together with `dispatcher`',
    ],
    [
      'an unknown setting',
      { maxFreeSockets: 8 },
      'option `maxFreeSockets` is unknown; known are connections, pipelining, http2, localAddress, lookup, allowH2, keepAliveTimeoutMs, dispatcher, agent',
    ],
    [
      'a time that is none',
      { keepAliveTimeoutMs: Number.NaN },
      'option `keepAliveTimeoutMs`: expected milliseconds above 0 and up to 2147483647, or Infinity, got NaN',
    ],
  ])('%s', (_, options, message) => {
    expect(() => undiciTransport(options)).toThrow(expect.objectContaining({ code: 'ERR_BRP_OPTIONS', message }));
  });
});
