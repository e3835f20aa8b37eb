import { randomBytes } from 'node:crypto';
import type http from 'node:http';
import net from 'node:net';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** An endpoint that keeps what it was sent, and answers once all of them were asked. */
async function startRecorder(answer: http.RequestListener = answering(200, 'ok')) {
  const bodies: Buffer[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  const server = await resources.start(async (req, res) => {
    headers.push(req.headers);
    const { body } = await readAll(req);
    bodies.push(body);
    answer(req, res);
  });
  return { url: server.url, bodies, headers };
}

describe('a request body', () => {
  const binary = randomBytes(300_000);
  test.each<[string, string | Buffer | Buffer[], Buffer, http.OutgoingHttpHeaders]>([
    [
      'of JSON',
      '{"a":[1,2,3]}',
      Buffer.from('{"a":[1,2,3]}'),
      { 'Content-Type': 'application/json', 'Content-Length': 13 },
    ],
    ['of 300 KB binary', binary, binary, { 'Content-Length': 300_000 }],
    ['that is empty', '', Buffer.alloc(0), { 'Content-Length': 0 }],
    ['that is chunked', [binary.subarray(0, 1000), binary.subarray(1000)], binary, { 'Transfer-Encoding': 'chunked' }],
  ])('%s reaches every endpoint byte for byte with its length', async (_, body, expected, headers) => {
    // Unusable answers, so that nobody wins before all were asked.
    const recorders = await Promise.all([1, 2, 3].map(() => startRecorder(answering(500, 'no'))));
    const { url } = await resources.serve({ endpoints: recorders.map((recorder) => recorder.url) });
    await request(url, { method: 'POST', headers, body });
    for (const recorder of recorders) {
      expect(recorder.bodies).toHaveLength(1);
      expect(recorder.bodies[0]?.equals(expected)).toBe(true);
      expect(recorder.headers[0]).toMatchObject({ 'content-length': String(expected.length) });
      expect(recorder.headers[0]).not.toHaveProperty('transfer-encoding');
    }
  });

  test.each<[string, http.OutgoingHttpHeaders]>([
    ['announced', { 'Content-Length': 11 }],
    ['chunked', { 'Transfer-Encoding': 'chunked' }],
  ])('over the limit, %s, is answered with 413 and reaches no endpoint', async (_, headers) => {
    const recorder = await startRecorder();
    const { url } = await resources.serve({ endpoints: [recorder.url], bodyLimitBytes: 10 });
    const { status, text } = await request(url, { method: 'POST', headers, body: [Buffer.alloc(6), Buffer.alloc(5)] });
    expect([status, text]).toEqual([413, '413 ERR_BRP_BODY_TOO_LARGE\n']);
    expect(recorder.headers).toEqual([]);
  });

  test('of exactly the limit is forwarded', async () => {
    const recorder = await startRecorder();
    const { url } = await resources.serve({ endpoints: [recorder.url], bodyLimitBytes: 10 });
    expect((await request(url, { method: 'POST', body: Buffer.alloc(10) })).status).toBe(200);
  });

  test('that the client breaks off reaches no endpoint', async () => {
    const recorder = await startRecorder();
    const served = await resources.serve({ endpoints: [recorder.url] });
    const ended = new Promise<void>((resolve) => {
      served.proxy.subscribe((event) => event.type === 'request-ended' && resolve());
    });
    const client = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    client.end('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    client.on('error', () => {}).resume();
    await ended;
    expect(served.events.at(-1)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' }, attempts: [] });
    expect(recorder.headers).toEqual([]);
  });
});
