import http from 'node:http';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';

const resources = leakCheckedResources();

const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
const inChunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`;

describe('a server with `insecureHTTPParser`, which takes a length beside chunks', () => {
  test.each<[string, Partial<BalancingProxyOptions>]>([
    ['buffered', {}],
    ['streamed', { largeBody: 'stream', bodyLimitBytes: 8 }],
  ])('hides no request in a body that is %s', async (_, options) => {
    const endpoint = resources.use(await startRaw(`${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`));
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], ...options }));
    const server = await resources.listen(http.createServer({ insecureHTTPParser: true }, proxy));
    for (const length of [0, 12]) {
      const framing = `Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
      await sendRaw(server.url, `POST / HTTP/1.1\r\nHost: x\r\n${framing}${inChunk(hidden)}`);
      const { headers = [], body } = endpoint.requests.pop() ?? {};
      const lengths = valuesIn(headers, 'content-length').map(Number);
      expect([lengths, body]).toEqual(
        lengths.length > 0 ? [[hidden.length], hidden] : [[], expect.stringContaining(inChunk(hidden))],
      );
    }
    expect(endpoint.requests).toEqual([]);
  });
});
