import http from 'node:http';
import { text } from 'node:stream/consumers';
import v8 from 'node:v8';
import vm from 'node:vm';
import { jest } from '@jest/globals';
import { gotTransport } from '../../src/index.ts';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { Resources } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { describeTransport } from './contract.ts';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

describeTransport('gotTransport()', () => gotTransport());

describe('gotTransport()', () => {
  const resources = new Resources();
  afterEach(() => resources.closeAll());

  test('sends the whole head as it is, `Host` included, with `Connection` behind it', async () => {
    const received = Promise.withResolvers<string>();
    const server = await resources.startTcp((socket) =>
      socket.once('data', (bytes) => received.resolve(bytes.toString('latin1'))),
    );
    const transport = resources.use(gotTransport());
    const headers = ['X-First', '1', 'hOST', 'h', 'cONTENT-Length', '2'];
    const sending = transport.send(
      upstreamRequest(server.url, { method: 'POST', headers, body: Buffer.from('ok') }),
      new AbortController().signal,
    );
    sending.catch(() => {});
    expect(await received.promise).toBe(
      'POST / HTTP/1.1\r\nX-First: 1\r\nhOST: h\r\ncONTENT-Length: 2\r\nConnection: keep-alive\r\n\r\nok',
    );
  });

  test('leaves its headers to no instrumentation of node:http, which would make an object of the list', async () => {
    const request = http.request.bind(http) as (options: http.RequestOptions) => http.ClientRequest;
    const instrumented = jest
      .spyOn(http, 'request')
      .mockImplementation((options) => request({ ...(options as http.RequestOptions), headers: { '0': 'Host' } }));
    const server = await resources.start((req, res) => void res.end(req.rawHeaders.join()));
    const transport = resources.use(gotTransport());
    for (const freshConnection of [false, true]) {
      const sent = upstreamRequest(server.url, { headers: ['Host', 'h', 'x-own', '1'], freshConnection });
      const { body } = await transport.send(sent, new AbortController().signal);
      expect(await text(body)).toMatch(/^Host,h,x-own,1,Connection,/);
    }
    instrumented.mockRestore();
  });

  test('keeps nothing of a request with its connection', async () => {
    const server = await resources.start(answering(200, 'ok'));
    const transport = resources.use(gotTransport({ keepAliveTimeoutMs: 60_000 }));
    const sendOnce = async () => {
      const body = Buffer.alloc(1_000);
      const request = upstreamRequest(server.url, {
        method: 'POST',
        headers: ['Host', 'h', 'Content-Length', '1000'],
        body,
      });
      const response = await transport.send(request, new AbortController().signal);
      for await (const _ of response.body);
      return new WeakRef(body);
    };
    const sent = await sendOnce();
    await until(() => {
      collectGarbage();
      return sent.deref() === undefined;
    });
    expect(server.sockets.size).toBe(1);
  });
});
