import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { createBalancingProxy } from '../../src/index.ts';
import { type Frame, frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, startRaw } from '../helpers/raw.ts';

const resources = leakCheckedResources();

const http2Frame = frames.find(({ name }) => name === 'node:http2') as Frame;

async function proxyTo(answer: string) {
  const endpoint = resources.use(await startRaw(answer));
  return resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
}

describe('a response without a body', () => {
  test.each(frames)('announces no length with 204 under $name', async (frame) => {
    const proxy = await proxyTo(head('HTTP/1.1 204 No Content', 'Content-Length: 5', 'X-It: yes'));
    const { url } = resources.use(await frame.start({ mounts: { '/': proxy } }));
    const answer = await frame.send(url).answer;
    expect([answer.status, answer.headers['x-it'], await textOf(answer)]).toEqual([204, 'yes', '']);
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(answer.headers).not.toHaveProperty('transfer-encoding');
  });

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0'],
    ['GET', 'HTTP/1.1 204 No Content'],
  ])('ends with its head for a client of HTTP/2: %s, %j', async (method, start) => {
    const proxy = await proxyTo(head(start, 'grpc-status: 5'));
    const { url } = resources.use(await http2Frame.start({ mounts: { '/': proxy } }));
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const stream = session.request({ ':path': '/', ':method': method });
    const [headers, flags] = await once(stream, 'response');
    expect([headers['grpc-status'], flags & http2.constants.NGHTTP2_FLAG_END_STREAM]).toEqual(['5', 1]);
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('passes a server that lets nobody write one: %s answered with %i', async (method, status) => {
    const proxy = await proxyTo(head(`HTTP/1.1 ${status} Fine`, 'X-It: yes'));
    const { url } = await resources.listen(http.createServer({ rejectNonStandardBodyWrites: true }, proxy));
    expect(await request(url, { method })).toMatchObject({ status, headers: { 'x-it': 'yes' } });
  });
});
