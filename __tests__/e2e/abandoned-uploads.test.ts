import { once } from 'node:events';
import type http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head } from '../helpers/raw.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const chunkOf = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

const post = head('POST / HTTP/1.1', 'Host: proxy', 'Transfer-Encoding: chunked');

/** Ways for an answer to be out before the upload has ended. */
const abandoned: ReadonlyArray<{
  what: string;
  listener: http.RequestListener;
  options: Partial<BalancingProxyOptions>;
}> = [
  {
    what: 'was being buffered when `totalMs` was over',
    listener: hanging,
    options: { timeouts: { totalMs: 50 }, bodyLimitBytes: 100_000 },
  },
  {
    what: "was being buffered for `largeBody: 'stream'` when `totalMs` was over",
    listener: hanging,
    options: { timeouts: { totalMs: 50 }, bodyLimitBytes: 100_000, largeBody: 'stream' },
  },
  { what: 'is larger than `bodyLimitBytes`', listener: hanging, options: { bodyLimitBytes: 10 } },
  {
    what: 'was streamed and answered early',
    listener: answering(200, 'enough'),
    options: { bodyLimitBytes: 10, largeBody: 'stream' },
  },
];

describe.each(abandoned)('an upload that $what', ({ listener, options }) => {
  /** Uploads go to an endpoint that answers as the case has it, all else to one that is sound. */
  async function endpointsFor() {
    const endpoint = await resources.start(listener);
    const sound = await resources.start(answering(200, 'the next one'));
    return ({ method }: http.IncomingMessage) => [method === 'POST' ? endpoint.url : sound.url];
  }

  test('is read on over HTTP/1.1, so that the next request on its connection is answered', async () => {
    const served = await resources.serve({ ...options, endpoints: await endpointsFor() });
    const client = net.connect(Number(new URL(served.url).port), '127.0.0.1').setEncoding('latin1');
    let text = '';
    client.on('data', (chunk) => {
      text += chunk;
    });
    client.write(post + chunkOf(1_000));
    await until(() => /HTTP\/1.1 [245]/.test(text));
    client.write(`${chunkOf(1_000_000).repeat(3)}0\r\n\r\n${head('GET / HTTP/1.1', 'Host: proxy')}`);
    // On a busy machine the total time of this one may be over, too.
    await until(() => text.split('HTTP/1.1 ').length, 3);
    client.destroy();
  });

  test.each([2, 1_000_000])('is stopped over HTTP/2 without an error, behind an answer of %i bytes', async (bytes) => {
    const proxy = createBalancingProxy({ ...options, endpoints: await endpointsFor() });
    const text = 'x'.repeat(bytes);
    const server = http2.createServer((req, res) => {
      proxy(req, res, () => void res.end(text));
    });
    const { url } = await resources.listen(server);
    const session = http2.connect(url);
    const upload = session.request({ ':method': 'POST', ':path': '/' });
    upload.write('x'.repeat(1_000));
    let received = '';
    upload.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    const [head] = await once(upload, 'response');
    await once(upload, 'close');
    expect(upload.rstCode).toBe(0);
    expect(received).toBe(head[':status'] === 200 && listener !== hanging ? 'enough' : text);
    const next = session.request({ ':path': '/' });
    expect((await once(next, 'response'))[0]).toMatchObject({ ':status': 200 });
    next.resume();
    await once(next, 'close');
    session.close();
    await proxy.close();
  });
});
