import type http from 'node:http';
import type { RequestListener, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { BalancingProxyOptions, HookContext, InspectedResponse } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const get = head('GET / HTTP/1.1', 'Host: h', 'Connection: close');
const events = { 'Content-Type': 'text/event-stream' };

/** Answers with a stream of events, which begins at once and is written by the test. */
const streaming =
  (write: (res: ServerResponse) => unknown, headers: http.OutgoingHttpHeaders = events): RequestListener =>
  (req, res) => {
    req.resume();
    res.writeHead(200, headers).flushHeaders();
    write(res);
  };

/** Writes a text in pieces, turn by turn, so that each is a chunk of its own. */
const piecewise = (text: string, length: number) => async (res: ServerResponse) => {
  for (let at = 0; at < text.length; at += length) {
    res.write(text.slice(at, at + length));
    await turns(1);
  }
  res.end();
};

const silent = streaming(() => {});
const pinging = streaming((res) => {
  res.write(': ping\n\nretry: 10\n\nid: 1\n\n');
});
const wrong = streaming((res) => res.end('event: error\ndata: overloaded\n\n'));
/** Speaks after so many milliseconds. */
const speaking = (ms: number) => streaming((res) => later(ms, () => res.end('data: hello\n\ndata: world\n\n')));

type Predicate = NonNullable<BalancingProxyOptions['isUsable']>;
const isNoError: Predicate = async ({ firstEvent }) => (await firstEvent())?.event !== 'error';

/** What a client gets of endpoints that are asked in this order. */
async function serve(listeners: readonly RequestListener[], options: Partial<BalancingProxyOptions>) {
  const endpoints: string[] = [];
  for (const listener of listeners) endpoints.push(await resources.startAt(listener));
  return resources.serve({ endpoints, ...options });
}

const firstByteMs = 100;

describe('a stream of events that must have begun to win', () => {
  test.each<[string, Partial<BalancingProxyOptions>]>([
    ['all at once', { strategy: 'race' }],
    ['one after the other', { strategy: 'failover', timeouts: { firstByteMs } }],
    ['when they are slow', { strategy: 'hedge', hedge: { delayMs: 10 } }],
  ])('is the one that brings an event, when endpoints are asked %s', async (_, options) => {
    const { url, events } = await serve([silent, pinging, speaking(30)], { winAt: 'first-event', ...options });
    expect((await request(url)).text).toBe('data: hello\n\ndata: world\n\n');
    await until(() => events.map(({ type }) => type), including('request-ended'));
    expect(events.at(-1)).toMatchObject({ attempts: [{}, {}, { outcome: 'won' }] });
  });

  test('is the one whose event is no error, when `isUsable` says so', async () => {
    const { url } = await serve([silent, wrong, speaking(30)], { winAt: 'first-event', isUsable: isNoError });
    expect((await request(url)).text).toBe('data: hello\n\ndata: world\n\n');
  });

  test('is judged by `isUsable` alone where `winAt` asks for nothing', async () => {
    const { url } = await serve([silent, wrong, speaking(30)], { isUsable: isNoError });
    expect((await request(url)).text).toBe('data: hello\n\ndata: world\n\n');
  });

  test('is refused as soon as `isUsable`, which no longer waits for an event, says so', async () => {
    const isUsable: Predicate = async ({ firstEvent }) => {
      const inTime = Promise.withResolvers<undefined>();
      later(firstByteMs, () => inTime.resolve(undefined));
      return (await Promise.race([firstEvent(), inTime.promise])) !== undefined;
    };
    const served = await serve([silent, speaking(0)], { strategy: 'failover', isUsable });
    expect((await request(served.url)).text).toBe('data: hello\n\ndata: world\n\n');
    expect(served.events.at(-1)).toMatchObject({ attempts: [{ outcome: 'unusable' }, { outcome: 'won' }] });
  });

  test('is sent on as it came, comments and all', async () => {
    const text = ': ping\r\n\r\nid: 7\r\ndata: a\r\n\r\n: more';
    const { url } = await serve([streaming(piecewise(text, 1))], { winAt: 'first-event' });
    expect((await request(url)).text).toBe(text);
  });

  test.each<[string, Partial<BalancingProxyOptions>, RequestListener]>([
    ['no event', { winAt: 'first-event' }, pinging],
    ['no byte', { winAt: 'first-byte' }, silent],
    ['no byte of a body that is held', { winAt: 'first-byte' }, streaming(() => {}, {})],
    ['no byte of a long body', { winAt: 'first-event' }, streaming(() => {}, { 'Content-Length': 100_000 })],
  ])('has timed out when there is %s within `firstByteMs`', async (_, options, listener) => {
    const timeouts = { firstByteMs };
    const served = await serve([listener, answering(200, 'next')], { strategy: 'failover', timeouts, ...options });
    expect((await request(served.url)).text).toBe('next');
    expect(served.events.at(-1)).toMatchObject({
      attempts: [
        { outcome: 'timed-out', status: 200, error: { code: 'ERR_BRP_FIRST_BYTE_TIMEOUT' } },
        { outcome: 'won' },
      ],
    });
  });

  test('is answered with 504 when no endpoint brings one in time', async () => {
    const { url } = await serve([silent, pinging], { winAt: 'first-event', timeouts: { firstByteMs: 20 } });
    expect(await request(url)).toMatchObject({ status: 504, text: '504 ERR_BRP_ALL_TIMED_OUT\n' });
  });

  test('is not limited by `firstByteMs` where `winAt` asks for nothing', async () => {
    const { url } = await serve([speaking(100)], { timeouts: { firstByteMs: 10 } });
    expect((await request(url)).text).toBe('data: hello\n\ndata: world\n\n');
  });

  test.each<[string, RequestListener]>([
    ['without an event', streaming((res) => res.end(': bye\n\n'))],
    ['without a byte', streaming((res) => res.end())],
    ['with a length and without an event', answering(200, ': bye\n\n', events)],
  ])('has failed when it ends %s', async (_, listener) => {
    const served = await serve([listener, answering(200, 'next')], { strategy: 'failover', winAt: 'first-event' });
    expect((await request(served.url)).text).toBe('next');
    expect(served.events.at(-1)).toMatchObject({
      attempts: [{ outcome: 'failed', error: { code: 'ERR_BRP_BAD_RESPONSE' } }, { outcome: 'won' }],
    });
  });

  test.each<[string, string, RequestListener]>([
    ['any other body that is empty', '', streaming((res) => res.end(), {})],
    ['a length of 0', '', answering(200, '', events)],
    ['any other body of some bytes', 'some', streaming((res) => res.end('some'), { 'X-Accel-Buffering': 'no' })],
  ])('need not have an event when it has %s', async (_, text, listener) => {
    const { url } = await serve([listener], { winAt: 'first-event' });
    expect(await request(url)).toMatchObject({ status: 200, text });
  });

  test('needs none for HEAD', async () => {
    const { url } = await serve([silent], { winAt: 'first-event' });
    expect((await request(url, { method: 'HEAD' })).headers['content-type']).toBe('text/event-stream');
  });

  test('wins with its first byte when it is compressed', async () => {
    const body = gzipSync(': nothing');
    const { url } = await serve([streaming((res) => res.end(body), { ...events, 'Content-Encoding': 'gzip' })], {
      winAt: 'first-event',
    });
    expect((await request(url)).body.equals(body)).toBe(true);
  });

  test('wins with `holdBytes` that have no event among them', async () => {
    const begun = Promise.withResolvers<void>();
    const line = `: ${'x'.repeat(1_000)}\n`;
    const endpoint = streaming(async (res) => {
      for (let i = 0; i < 20; i++) res.write(line);
      await begun.promise;
      res.end();
    });
    const { url } = await serve([endpoint], { winAt: 'first-event', holdBytes: 10_000 });
    const { text } = await sendRaw(url, get, (soFar) => soFar.includes(': xxx') && begun.resolve());
    expect(text.split(': xxx')).toHaveLength(21);
  });
});

describe('a stream that wins at its head', () => {
  test('is seen by the client before there is an event', async () => {
    const headCame = Promise.withResolvers<void>();
    const endpoint = streaming(async (res) => {
      await headCame.promise;
      res.end('data: late\n\n');
    });
    const { url } = await serve([endpoint], {});
    const { text } = await sendRaw(url, get, (soFar) => soFar.includes('\r\n\r\n') && headCame.resolve());
    expect(text).toContain('data: late');
  });
});

/** Sends one request, and gives what the predicate makes of the response. */
async function seenBy<Seen>(
  listener: RequestListener,
  look: (response: InspectedResponse, context: HookContext) => Promise<Seen>,
  options: Partial<BalancingProxyOptions> = {},
) {
  const seen: Seen[] = [];
  const isUsable: Predicate = async (...given) => seen.push(await look(...given)) > 0;
  const served = await serve([listener], { isUsable, ...options });
  const { body } = await request(served.url);
  return { seen: seen[0], body };
}

describe('the first event as `isUsable` sees it', () => {
  const firstEvent = ({ firstEvent }: InspectedResponse) => firstEvent();

  test.each<[string, RequestListener, unknown]>([
    [
      'has type, data and id',
      streaming((res) => res.end('id: 7\nevent: x\ndata: a\ndata: b\n\n')),
      { event: 'x', data: 'a\nb', id: '7' },
    ],
    ['has the usual type', speaking(10), { event: 'message', data: 'hello', id: undefined }],
    [
      'is that of a whole body, too',
      answering(200, 'data: a\n\n', events),
      { event: 'message', data: 'a', id: undefined },
    ],
    ['is none of any other body', answering(200, 'data: a\n\n'), undefined],
    ['is none of a stream that ends without one', streaming((res) => res.end(': bye\n\n')), undefined],
    [
      'is none that is compressed',
      streaming((res) => res.end(gzipSync('data: a\n\n')), { ...events, 'Content-Encoding': 'gzip' }),
      undefined,
    ],
    ['is none beyond `holdBytes`', streaming(piecewise(`data: ${'x'.repeat(4_000)}\n\n`, 100)), undefined],
  ])('%s', async (_, listener, expected) => {
    expect((await seenBy(listener, firstEvent, { holdBytes: 1_000 })).seen).toEqual(expected);
  });

  test('leaves the whole stream to the client', async () => {
    const { body } = await seenBy(speaking(10), firstEvent);
    expect(String(body)).toBe('data: hello\n\ndata: world\n\n');
  });
});

describe('a body as `isUsable` sees it', () => {
  const halfFirst = (res: ServerResponse) => {
    res.write('half');
    later(150, () => res.end(' whole'));
  };
  const half = streaming(halfFirst);
  const all = async (response: InspectedResponse) => [String(await response.body()), response.isWhole];

  test.each<[string, RequestListener, Partial<BalancingProxyOptions>, unknown]>([
    ['is all of one with a length', answering(200, 'all'), {}, ['all', true]],
    ['is all of one that is held whole', streaming((res) => later(5, () => res.end('all')), {}), {}, ['all', true]],
    ['is what came of a stream when its hold is over', half, {}, ['half', false]],
    ['is what came of a held one when its hold is over', streaming(halfFirst, {}), {}, ['half', false]],
    [
      'is all of a stream that ends within the hold',
      speaking(5),
      { holdMs: 10_000 },
      ['data: hello\n\ndata: world\n\n', true],
    ],
    ['is not all when less is shown', answering(200, 'all'), { inspectLimitBytes: 2 }, ['al', false]],
    ['is all of none', answering(204, ''), {}, ['', true]],
  ])('%s', async (_, listener, options, expected) => {
    expect((await seenBy(listener, all, options)).seen).toEqual(expected);
  });

  test('is at most `holdBytes`, more or less a chunk, of one that is longer', async () => {
    const body = Buffer.alloc(1_000_000, 'x');
    const read = async (response: InspectedResponse) => (await response.body()).length;
    const options = { holdBytes: 1_000, inspectLimitBytes: 1_000_000, holdMs: 10_000 };
    const { seen = 0, body: received } = await seenBy(answering(200, String(body)), read, options);
    expect(seen).toBeGreaterThanOrEqual(1_000);
    expect(seen).toBeLessThanOrEqual(200_000);
    expect(received.equals(body)).toBe(true);
  });

  test('can be seen by its first chunk as soon as that is there', async () => {
    const firstChunk = async (response: InspectedResponse) => String(await response.firstChunk());
    const { seen, body } = await seenBy(half, firstChunk, { holdMs: 60_000 });
    expect([seen, String(body)]).toEqual(['half', 'half whole']);
  });

  test('has an empty first chunk when it is empty', async () => {
    const firstChunk = async (response: InspectedResponse) => String(await response.firstChunk());
    expect(
      (
        await seenBy(
          streaming((res) => res.end(), {}),
          firstChunk,
        )
      ).seen,
    ).toBe('');
  });

  test('comes with the request, the endpoint, and the number and reason of the attempt', async () => {
    const seen: unknown[] = [];
    const isUsable: Predicate = ({ status }, { req, endpoint, attempt, reason }) =>
      seen.push([status, req.url, endpoint, attempt, reason]) > 1;
    const endpoints = [await resources.startAt(answering(200, 'a')), await resources.startAt(answering(201, 'b'))];
    const { url } = await resources.serve({ endpoints, isUsable, strategy: 'failover' });
    expect((await request(`${url}/path`)).text).toBe('b');
    expect(seen).toEqual([
      [200, '/path', endpoints[0], 1, 'first'],
      [201, '/path', endpoints[1], 2, 'failure'],
    ]);
  });

  test('is nothing that the log shows when the predicate throws', async () => {
    const lines: unknown[] = [];
    const logger = { info: (line: unknown) => lines.push(line), warn: (line: unknown) => lines.push(line) };
    const isUsable: Predicate = async (response) => JSON.parse(String(await response.body()));
    const { url } = await serve([answering(200, 'secret text', { 'X-Token': 'secret' })], { isUsable, logger });
    expect((await request(url)).status).toBe(502);
    expect(lines).toEqual([expect.stringMatching(/failed 200 ERR_BRP_HOOK \(option `isUsable` threw: .*JSON\)/)]);
    expect(String(lines)).not.toContain('secret');
  });
});

describe('three streams, one silent, one with an error first, one good and slow', () => {
  /** Speaks after 60 ms, and then twice more, a little later each time. */
  const good = (spoke: (event: string) => void): RequestListener =>
    streaming((res) => {
      const say = (event: string) => {
        spoke(event);
        res.write(`data: ${event}\n\n`);
      };
      later(60, () => say('one'));
      later(90, () => say('two'));
      later(120, () => {
        say('three');
        res.end();
      });
    });

  test.each<[string, Partial<BalancingProxyOptions>]>([
    ['a race', { strategy: 'race' }],
    ['a hedge', { strategy: 'hedge', hedge: { delayMs: 10, budgetFloor: 100 } }],
  ])('reach the client of %s as soon as the good one speaks', async (_, options) => {
    const saidAt = new Map<string, number>();
    const delays: number[] = [];
    const listener = good((event) => saidAt.set(event, performance.now()));
    const { url } = await serve([silent, wrong, listener], {
      winAt: 'first-event',
      isUsable: isNoError,
      ...options,
    });
    for (let i = 0; i < 5; i++) {
      await sendRaw(url, get, (soFar) => {
        for (const [event, at] of saidAt) {
          if (!soFar.includes(`data: ${event}\n`)) continue;
          delays.push(performance.now() - at);
          saidAt.delete(event);
        }
      });
    }
    expect(delays).toHaveLength(15);
    // A process that has to wait for the processor delays one or the other.
    expect(delays.toSorted((a, b) => a - b)[7]).toBeLessThan(20);
    expect(Math.max(...delays)).toBeLessThan(1_000);
  });
});
