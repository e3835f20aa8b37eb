import { once } from 'node:events';
import http2 from 'node:http2';
import fc from 'fast-check';
import { createBalancingProxy } from '../../src/index.ts';
import { type Frame, frames, textOf } from '../helpers/frames.ts';
import { Resources } from '../helpers/proxy.ts';
import { startRaw } from '../helpers/raw.ts';
import { bounded, characters, seedTitle } from './seed.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const http2Frame = frames.find(({ name }) => name === 'node:http2') as Frame;

/** What would frame the response in another way than the test does. */
const isFraming = (name: string) => /^(?::.*|connection|content-length|transfer-encoding|upgrade)$/i.test(name);
const known = Object.values(http2.constants).filter(
  (each) => typeof each === 'string' && /^[a-z][a-z0-9-]*$/.test(each),
);
const name = fc
  .oneof(
    fc.constantFrom(...(known as string[]), 'Trailer', '__proto__', 'constructor', 'grpc-status', '0', '!#$%'),
    fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~019AZaz"), minLength: 1, maxLength: 4 }),
  )
  .filter((each) => !isFraming(each));
const value = fc.string({
  unit: characters(
    { from: 0x20, to: 0x7e, weight: 8 },
    { from: 0x80, to: 0xff, weight: 3 },
    { from: 9, to: 9, weight: 1 },
  ),
  maxLength: 20,
});
const fields = fc
  .array(fc.tuple(name, value), { maxLength: 12 })
  .map((list) => [...list, ...list.slice(0, 4)].map((field) => `${field.join(': ')}\r\n`).join(''));

describe(`whatever headers and trailers an endpoint sends (${seedTitle})`, () => {
  test('a client of HTTP/2 gets the response', async () => {
    let answer = '';
    const endpoint = resources.use(await startRaw((socket) => void socket.write(answer, 'latin1')));
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const { url } = resources.use(await http2Frame.start({ mounts: { '/': proxy } }));
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const property = fc.asyncProperty(fields, fields, fc.boolean(), async (headers, trailers, isChunked) => {
      const body = isChunked
        ? `Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`
        : 'Content-Length: 2\r\n\r\nok';
      answer = `HTTP/1.1 200 OK\r\n${headers}${body}`;
      const stream = session.request({ ':path': '/' });
      const [[head], text] = await Promise.all([once(stream, 'response'), textOf({ body: stream })]);
      expect([head[':status'], text, stream.rstCode]).toEqual([200, 'ok', 0]);
    });
    await fc.assert(property, bounded(500));
  });
});
