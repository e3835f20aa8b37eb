import dns from 'node:dns';
import http, { type RequestListener } from 'node:http';
import http2 from 'node:http2';
import type { LookupFunction } from 'node:net';
import {
  type BalancingProxyOptions,
  gotTransport,
  type NodeTransportOptions,
  nodeTransport,
  type Transport,
} from '../../src/index.ts';
import { secondLoopback } from '../../src/testing/stage/servers.ts';
import { testCertificate } from '../../src/testing/testing.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { endOf } from './mirror.ts';

const resources = leakCheckedResources();

type RouteSettings = Pick<NodeTransportOptions, 'localAddress' | 'lookup'>;

/** Each transport, with the protocol that its endpoints speak. */
const transports: ReadonlyArray<readonly [string, boolean, (route: RouteSettings) => Transport]> = [
  ['got', false, (route) => gotTransport(route)],
  ['node', false, (route) => nodeTransport(route)],
  ['an agent', false, (route) => nodeTransport({ ...route, agent: resources.use(new ClosableAgent()) })],
  ['undici', false, (route) => undiciTransport(route)],
  ['HTTP/2', true, (route) => undiciTransport({ ...route, http2: true })],
];

class ClosableAgent extends http.Agent {
  close(): void {
    this.destroy();
  }
}

/** Starts an endpoint that answers with the address from which it is asked, and gives its URL. */
async function startTelling(isHttp2: boolean, host = 'localhost'): Promise<string> {
  const tell: RequestListener = (req, res) => void res.end(req.socket.remoteAddress);
  const server = isHttp2
    ? http2.createSecureServer({ ...testCertificate }, tell as never)
    : http.createServer({}, tell as RequestListener);
  const { port } = await resources.listen(server);
  return `${isHttp2 ? 'https' : 'http'}://${host}:${port}`;
}

const serve = (options: BalancingProxyOptions) => resources.serve({ tls: { ca: testCertificate.cert }, ...options });

const ways = [
  ['a GET', {}],
  ['a POST', { method: 'POST', body: 'a' }],
  ['an OPTIONS *', { method: 'OPTIONS', path: '*' }],
] as const;

describe.each(transports)('over %s', (_name, isHttp2, create) => {
  describe.each(['localhost', '127.0.0.1'])('to %s', (host) => {
    test.each(ways)('%s goes out from the address of this host that was given', async (_, settings) => {
      const endpoints = [await startTelling(isHttp2, host)];
      const served = await serve({ endpoints, transport: create({ localAddress: secondLoopback }) });
      for (const _again of [1, 2]) expect((await request(served.url, settings)).text).toBe(secondLoopback);
    });
  });

  test('a name is looked up by the function that was given', async () => {
    const asked: string[] = [];
    const lookup: LookupFunction = (hostname, options, callback) => {
      asked.push(hostname);
      dns.lookup('127.0.0.1', options, callback as never);
    };
    const url = await startTelling(isHttp2, isHttp2 ? 'localhost' : 'api.invalid');
    const served = await serve({ endpoints: [url], transport: create({ lookup }) });
    expect((await request(served.url)).text).toBe('127.0.0.1');
    expect(new Set(asked)).toEqual(new Set([new URL(url).hostname]));
  });

  test('a function that gives one address where all are asked for is understood', async () => {
    const lookup = ((_hostname, _options, callback) => callback(null, '127.0.0.1', 4)) satisfies LookupFunction;
    const served = await serve({ endpoints: [await startTelling(isHttp2)], transport: create({ lookup }) });
    expect((await request(served.url)).text).toBe('127.0.0.1');
  });

  const failing: ReadonlyArray<readonly [string, LookupFunction, RegExp]> = [
    [
      'fails',
      (_, __, callback) => callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []),
      /no such name/,
    ],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      /broken/,
    ],
    ['rejects', (async () => Promise.reject(new Error('broken'))) as LookupFunction, /broken/],
    ['gives a list with a hole', (_, __, callback) => callback(null, [null as never]), /`lookup` gave no IP address/],
    ['gives no address', (_, __, callback) => callback(null, []), /`lookup` gave no IP address/],
    ['gives a name', (_, __, callback) => callback(null, 'api.internal', 4), /`lookup` gave no IP address/],
  ];
  test.each(failing)('a function that %s makes the attempt one that reached nobody', async (_, lookup, message) => {
    const served = await serve({ endpoints: [await startTelling(isHttp2)], transport: create({ lookup }) });
    expect((await request(served.url)).status).toBe(502);
    const [attempt] = (await endOf(served)).attempts;
    expect(attempt?.error?.message).toMatch(message);
    expect(attempt?.error?.code).toBe('ERR_BRP_CONNECT');
  });
});

describe('a transport refuses', () => {
  test.each([
    [{ localAddress: 'localhost' }, "option `localAddress`: expected an IP address of this host, got 'localhost'"],
    [{ localAddress: 7 }, 'option `localAddress`: expected an IP address of this host, got 7'],
    [{ lookup: 'dns' }, "option `lookup`: expected a function, got 'dns'"],
  ])('%j', (options, message) => {
    for (const create of [gotTransport, nodeTransport, undiciTransport]) {
      expect(() => create(options as object)).toThrow(message);
    }
  });

  test.each([{ localAddress: '127.0.0.1' }, { lookup: dns.lookup as LookupFunction }])(
    '%j beside a dispatcher that connects in its own way',
    (options) => {
      const dispatcher = { dispatch: () => true };
      expect(() => undiciTransport({ ...options, dispatcher })).toThrow('has no effect together with `dispatcher`');
    },
  );
});
