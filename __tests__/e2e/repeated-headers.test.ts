import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { constants } from 'node:http2';
import { createBalancingProxy } from '../../src/index.ts';
import { type ClientAnswer, type Frame, frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, startRaw } from '../helpers/raw.ts';

const resources = leakCheckedResources();

/** Serves in a frame what an endpoint answers with these bytes, and asks for it. */
async function answerIn(frame: Frame, bytes: string): Promise<ClientAnswer> {
  const endpoint = resources.use(await startRaw(bytes));
  const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
  const { url } = resources.use(await frame.start({ mounts: { '/': proxy } }));
  return frame.send(url).answer;
}

/** The trailers of a response by their lower-case names, once the body is read. */
async function readTrailers({ body }: ClientAnswer): Promise<[text: string, trailers: Record<string, unknown>]> {
  if (body instanceof IncomingMessage) return [await textOf({ body }), body.trailers];
  const [text, [trailers]] = await Promise.all([textOf({ body }), once(body, 'trailers')]);
  return [text, { ...trailers }];
}

/** All names that node:http2 knows, but for those that say how the body is framed. */
const names = Object.entries(constants)
  .flatMap(([key, name]) => (key.startsWith('HTTP2_HEADER_') && typeof name === 'string' ? name : []))
  .filter((name) => !/^:|^(?:connection|content-length|transfer-encoding|trailer|upgrade)$/.test(name));
const framings = [
  ['with a length', 'Content-Length: 2', 'ok'],
  ['of 70,000 bytes', 'Content-Length: 70000', 'x'.repeat(70_000)],
  ['in chunks', 'Transfer-Encoding: chunked', '2\r\nok\r\n0\r\n\r\n'],
] as const;

describe.each(frames)('under $name', (frame) => {
  test.each(framings)('headers that come twice are no reason to fail: a body %s', async (_, framing, rest) => {
    const twice = names.flatMap((name) => [`${name}: a`, `${name}: b`]);
    const answer = await answerIn(frame, head('HTTP/1.1 200 OK', ...twice, framing) + rest);
    expect(answer.status).toBe(200);
    expect(['ok', 'x'.repeat(70_000)]).toContain(await textOf(answer));
    expect(answer.headers).toMatchObject({ etag: 'a', 'content-type': 'a', vary: 'a, b' });
  });

  test('trailers that come twice are no reason to fail', async () => {
    const twice = names.flatMap((name) => [`${name}: a`, `${name}: b`]);
    const body = `2\r\nok\r\n0\r\n${head(...twice, 'X-Last: 1')}`;
    const answer = await answerIn(frame, head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + body);
    const [text, trailers] = await readTrailers(answer);
    expect([answer.status, text]).toEqual([200, 'ok']);
    expect(trailers).toMatchObject({ etag: 'a', vary: 'a, b', 'x-last': '1' });
    expect(trailers).not.toHaveProperty('content-type');
  });

  test.each([
    ['X-Content-Type-Options', ['nosniff', 'nosniff'], 'nosniff'],
    ['Content-Encoding', ['identity', 'x-own'], 'identity, x-own'],
    ['Set-Cookie', ['a=1', 'b=2'], ['a=1', 'b=2']],
  ])('%s that comes as %j arrives', async (name, values, expected) => {
    const lines = values.map((value) => `${name}: ${value}`);
    const { headers } = await answerIn(frame, `${head('HTTP/1.1 200 OK', ...lines, 'Content-Length: 2')}ok`);
    const isList = frame.name !== 'node:http2' && name === 'X-Content-Type-Options';
    expect(headers[name.toLowerCase()]).toEqual(isList ? 'nosniff, nosniff' : expected);
  });
});
