import http, { type IncomingMessage } from 'node:http';
import type { BalancingProxyOptions, RequestEnded } from '../../src/index.ts';
import { type Frame, frames, sendHttp2, textOf } from '../helpers/frames.ts';
import { type RequestSettings, request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { connectRaw, serveUpgrades, startSwitching } from '../helpers/upgrades.ts';
import { proxyTo, resources, serveIn } from './framed.ts';

const made = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** Serves a proxy whose endpoint says which ids it got, each on a line, and answers with one of its own. */
async function serve(options: Partial<BalancingProxyOptions> = {}): Promise<ServedProxy> {
  const endpoint = await resources.start((req: IncomingMessage, res) => {
    const ids = req.rawHeaders.filter((_, index) => req.rawHeaders[index - 1]?.toLowerCase() === 'x-request-id');
    res.setHeader('X-Request-Id', 'of-the-endpoint').end(ids.join('\n'));
  });
  return resources.serve({ endpoints: [endpoint.url], xRequestId: true, ...options });
}

const ended = ({ events }: ServedProxy) =>
  events.filter((event): event is RequestEnded => event.type === 'request-ended');

/** The ids that endpoint, client and observers got of one request. */
async function idsOf(served: ServedProxy, settings?: RequestSettings) {
  const { text, headers } = await request(served.url, settings);
  await until(() => ended(served).length, 1);
  return { endpoint: text, client: headers['x-request-id'], event: ended(served)[0]?.xRequestId };
}

const sent = (id: string | string[]) => ({ headers: { 'X-Request-Id': id } });

describe('`xRequestId`', () => {
  test('gives a request an id, the same one for endpoint, client and observers', async () => {
    const { endpoint, client, event } = await idsOf(await serve());
    expect(endpoint).toMatch(made);
    expect([client, event]).toEqual([endpoint, endpoint]);
  });

  test.each(['0', 'Root=1-67891233-abcdef012345678912345678', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'a'.repeat(128)])(
    'keeps the id %s of a trusted client',
    async (id) => {
      const ids = await idsOf(await serve({ trustForwarded: ['loopback'] }), sent(id));
      expect(ids).toEqual({ endpoint: id, client: id, event: id });
    },
  );

  test.each<[string, Partial<BalancingProxyOptions>, string | string[]]>([
    ['of a client that is not trusted', {}, 'abc'],
    ['of a client that is not in the list', { trustForwarded: ['10.0.0.0/8'] }, 'abc'],
    ['with spaces', { trustForwarded: true }, 'a b'],
    ['with quotation marks', { trustForwarded: true }, '"a"'],
    ['that is too long', { trustForwarded: true }, 'a'.repeat(129)],
    ['that is empty', { trustForwarded: true }, ''],
    ['that came twice', { trustForwarded: true }, ['a', 'b']],
  ])('replaces an id %s', async (_, options, id) => {
    const { endpoint, client, event } = await idsOf(await serve(options), sent(id));
    expect(endpoint).toMatch(made);
    expect([client, event]).toEqual([endpoint, endpoint]);
  });

  test('asks a function of the user whether a client is trusted once a request', async () => {
    const asked: unknown[] = [];
    const served = await serve({ trustForwarded: (req) => asked.push(req) > 0 });
    await request(served.url, { headers: { 'X-Request-Id': 'abc', 'X-Forwarded-For': '203.0.113.9' } });
    await until(() => ended(served).length, 1);
    expect(asked).toHaveLength(1);
  });

  test('keeps an id that middleware has set', async () => {
    const endpoint = await resources.start((req, res) => void res.end(req.headers['x-request-id']));
    const { url } = await resources.serve({ endpoints: [endpoint.url], xRequestId: true }, (proxy) => (req, res) => {
      req.headers['x-request-id'] = 'by-middleware';
      proxy(req, res);
    });
    const { text, headers } = await request(url, sent('of-the-client'));
    expect([text, headers['x-request-id']]).toEqual(['by-middleware', 'by-middleware']);
  });

  test("cannot be taken away by a client's Connection", async () => {
    const headers = { 'X-Request-Id': 'abc', Connection: 'close, X-Request-Id' };
    const { endpoint } = await idsOf(await serve({ trustForwarded: true }), { headers });
    expect(endpoint).toBe('abc');
  });

  test.each<[string, Partial<BalancingProxyOptions>, RequestSettings, number]>([
    ['no endpoint can be reached', {}, {}, 502],
    ['the body is too large', { bodyLimitBytes: 1 }, { method: 'POST', body: 'large' }, 413],
    ['a function of the user throws', { trustForwarded: () => JSON.parse('{') }, { ...sent('abc') }, 500],
  ])('is told with the error when %s', async (_, options, settings, status) => {
    const served = await resources.serve({ endpoints: [await refusedUrl()], xRequestId: true, ...options });
    const response = await request(served.url, settings);
    expect(response).toMatchObject({ status, headers: { 'x-request-id': expect.stringMatching(made) } });
    await until(() => ended(served).length, 1);
    expect(ended(served)[0]?.xRequestId).toBe(response.headers['x-request-id']);
  });

  test('is told to a client whose WebSocket is accepted, and to the endpoint', async () => {
    let asked = '';
    const endpoint = http.createServer().on('upgrade', (req, socket) => {
      asked = String(req.headers['x-request-id']);
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\nX-Request-Id: own\r\n\r\n',
      );
    });
    const { url } = await resources.listen(endpoint);
    const { url: proxy } = resources.use(await serveUpgrades({ endpoints: [url], xRequestId: true }));
    const text = await connectRaw(proxy).until('\r\n\r\n');
    expect(asked).toMatch(made);
    expect(text.match(/^x-request-id: .*$/gim)).toEqual([`X-Request-Id: ${asked}`]);
  });

  test('is told to a client over HTTP/2', async () => {
    const endpoint = await resources.start((req, res) => void res.end(req.headers['x-request-id']));
    const frame = frames.find(({ name }) => name === 'node:http2') as Frame;
    const { url } = await serveIn(frame, proxyTo([endpoint.url], { xRequestId: true }));
    const answer = await sendHttp2(url).answer;
    const text = await textOf(answer);
    expect(text).toMatch(made);
    expect(answer.headers['x-request-id']).toBe(text);
  });

  test('that is off leaves all ids as they are', async () => {
    const ids = await idsOf(await serve({ xRequestId: false }), sent('a b'));
    expect(ids).toEqual({ endpoint: 'a b', client: 'of-the-endpoint', event: undefined });
  });
});

describe('`bytes` of a response that was cut', () => {
  test('by its endpoint are those until then', async () => {
    const endpoint = await resources.start((_, res) => {
      res.writeHead(200, { 'Content-Length': 300_000 });
      res.write(Buffer.alloc(200_000), () => res.destroy());
    });
    const served = await resources.serve({ endpoints: [endpoint.url] });
    await expect(request(served.url)).rejects.toThrow();
    await until(() => ended(served).length, 1);
    expect(ended(served)[0]).toMatchObject({ outcome: 'broken-off', bytes: 200_000 });
  });

  test('by its client are those until then', async () => {
    const endpoint = await resources.start((_, res) => {
      res.writeHead(200, { 'Content-Length': 300_000 });
      res.write(Buffer.alloc(200_000));
    });
    const served = await resources.serve({ endpoints: [endpoint.url] });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    client.once('response', (res: IncomingMessage) => {
      let received = 0;
      res
        .on('error', () => {})
        .on('data', (chunk: Buffer) => {
          received += chunk.length;
          if (received === 200_000) client.destroy();
        });
    });
    await until(() => ended(served).length, 1);
    expect(ended(served)[0]).toMatchObject({ outcome: 'client-gone', bytes: 200_000 });
  });
});

describe('`bytesReceived` of a request', () => {
  const bytesOf = async (options: Partial<BalancingProxyOptions>, settings: RequestSettings) => {
    const endpoint = await resources.start((req, res) => void req.resume().on('end', () => res.end('ok')));
    const served = await resources.serve({ endpoints: [endpoint.url], ...options });
    expect(await request(served.url, settings)).toMatchObject({ status: 200 });
    await until(() => ended(served).length, 1);
    return ended(served)[0]?.bytesReceived;
  };
  const large = Buffer.alloc(300_000, 'x');

  test.each<[string, Partial<BalancingProxyOptions>, RequestSettings, number]>([
    ['without a body is 0', {}, {}, 0],
    ['with a body is its length', {}, { method: 'POST', body: 'hello' }, 5],
    ['with a body in chunks is its length', {}, { method: 'POST', body: [large, large] }, 600_000],
    [
      'with a body that is streamed is its length',
      { largeBody: 'stream', bodyLimitBytes: 1_000 },
      { method: 'POST', body: large },
      300_000,
    ],
    [
      'with a body in chunks that is streamed is its length',
      { largeBody: 'stream', bodyLimitBytes: 1_000 },
      { method: 'POST', body: [large, large] },
      600_000,
    ],
  ])('%s', async (_, options, settings, bytes) => {
    expect(await bytesOf(options, settings)).toBe(bytes);
  });

  test('that was upgraded is what the client has sent', async () => {
    const endpoint = resources.use(await startSwitching((socket) => socket.once('data', () => socket.end('bye'))));
    const served = resources.use(await serveUpgrades({ endpoints: [endpoint.url] }));
    const client = connectRaw(served.url);
    await client.until('\r\n\r\n');
    client.socket.end('hello');
    await client.closed();
    await until(() => ended(served).length, 1);
    expect(ended(served)[0]).toMatchObject({ bytesReceived: 5, bytes: 3 });
  });
});

test('the end of a request tells of its client', async () => {
  const endpoint = await resources.start(answering(200, 'hello'));
  const served = await resources.serve({ endpoints: [endpoint.url], trustForwarded: ['loopback'] });
  await request(served.url, {
    headers: { 'User-Agent': 'test/1', Host: 'a.example', 'X-Forwarded-For': '203.0.113.9' },
  });
  await until(() => ended(served).length, 1);
  expect(ended(served)[0]?.client).toEqual({
    address: '203.0.113.9',
    host: 'a.example',
    userAgent: 'test/1',
    httpVersion: '1.1',
  });
});
