import http from 'node:http';
import { type BalancingProxyOptions, createBalancingProxy, gotTransport } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { type Child, startChild } from '../soak/child.ts';

const resources = leakCheckedResources();

const strategies = ['race', 'hedge', 'failover', 'single'] as const;
const once = { consecutiveFailures: 1, baseMs: 60_000, maxMs: 60_000 };

describe('a request that cannot be sent as it is', () => {
  /** A proxy over two endpoints, on a server that accepts any character. */
  const serveLenient = async (options: Partial<BalancingProxyOptions>, change: (req: http.IncomingMessage) => void) => {
    const endpoints = [await resources.start(answering(200, 'ok')), await resources.start(answering(200, 'ok'))];
    const urls = endpoints.map(({ url }) => url);
    const proxy = createBalancingProxy({ endpoints: urls, ejection: once, ...options });
    const types: string[] = [];
    proxy.subscribe(({ type }) => types.push(type));
    const server = http.createServer({ insecureHTTPParser: true }, (req, res) => {
      change(req);
      proxy(req, res);
    });
    resources.use({ close: () => proxy.close() });
    return { url: (await resources.listen(server)).url, proxy, endpoints, types };
  };
  const asItIs = (): void => {};
  const get = (...lines: string[]) => head('GET / HTTP/1.1', 'Host: h', 'Connection: close', ...lines);

  test.each<[string, string, (req: http.IncomingMessage) => void]>([
    ['a control character in a header', get('X-A: a\x01b'), asItIs],
    ['a delete character in a header', get('X-A: a\x7fb'), asItIs],
    ['a zero byte in a header', get('X-A: \0'), asItIs],
    ['a control character in its Host', head('GET / HTTP/1.1', 'Host: h\x01', 'Connection: close'), asItIs],
    ['a target that middleware has decoded', get(), (req) => Object.assign(req, { url: '/a b' })],
    ['a target that middleware has made text of', get(), (req) => Object.assign(req, { url: '/\u20ac' })],
    ['a method that middleware has made of a field', get(), (req) => Object.assign(req, { method: 'F O' })],
  ])('is answered with 400 and is no fault of an endpoint: %s', async (_, bytes, change) => {
    for (const strategy of strategies) {
      const { url, proxy, endpoints, types } = await serveLenient({ strategy }, change);
      for (let i = 0; i < 2; i++) {
        expect((await sendRaw(url, bytes)).text).toMatch(/^HTTP\/1.1 400 [\s\S]*400 ERR_BRP_UNSENDABLE\n$/);
      }
      const untouched = { state: 'available', failures: 0, healthRatio: 1 };
      expect(proxy.endpoints).toMatchObject([untouched, untouched]);
      expect(endpoints.map(({ accepted }) => accepted)).toEqual([0, 0]);
      expect(types).not.toContain('endpoint-ejected');
    }
  });

  test.each(['hedge', 'failover', 'single'] as const)('is tried once only: %s', async (strategy) => {
    const { url, types } = await serveLenient({ strategy }, asItIs);
    await sendRaw(url, get('X-A: a\x01b'));
    expect(types.filter((type) => type === 'attempt-started')).toHaveLength(1);
  });
});

const describeOnUnix = process.platform === 'win32' ? describe.skip : describe;

describeOnUnix('without file descriptors', () => {
  test.each([
    ['an IP address', '127.0.0.1'],
    ['a name', 'localhost'],
  ])('requests to %s get 503, no endpoint is ejected, and all is well when there are some again', async (_, host) => {
    const endpoint = await resources.start(answering(200, 'ok', { Connection: 'close' }));
    const url = endpoint.url.replace('127.0.0.1', host);
    const proxy: Child = resources.use(await startChild('../e2e/descriptors-process.ts', url, gotTransport.name));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (path = '/') => {
      const { status, text } = await request(`${proxy.hello}${path}`, { agent });
      return `${status} ${text}`;
    };
    expect(await ask('/own')).toBe('200 own');
    await proxy.ask('use all');
    for (let i = 0; i < 3; i++) expect(await ask()).toBe('503 503 ERR_BRP_NO_SOCKET\n');
    expect(await proxy.ask('state')).toMatchObject({ state: 'available', failures: 0 });
    await proxy.ask('give back');
    expect(await ask()).toBe('200 ok');
    agent.destroy();
  });
});
