import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { ProxyEvent, RequestEnded } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl, startHttp } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const endedIn = (events: readonly ProxyEvent[]) => events.filter((event) => event.type === 'request-ended');
const outcomesOf = ({ attempts }: RequestEnded) => attempts.map(({ outcome }) => outcome);

const goodAfter50Ms = late(50, answering(200, 'good'));

const answerRaw = (bytes: string) => (socket: Socket) => {
  socket.once('data', () => socket.end(bytes));
};

describe('a race with endpoints of which only one is good', () => {
  const starters: ReadonlyArray<readonly [string, () => Promise<string>]> = [
    ['answer 500 at once', async () => (await resources.start(answering(500, 'bad'))).url],
    ['hang', async () => (await resources.start(hanging)).url],
    ['refuse', refusedUrl],
    [
      'reset',
      async () => (await resources.startTcp((socket) => void socket.once('data', () => socket.resetAndDestroy()))).url,
    ],
    ['close without an answer', async () => (await resources.startTcp(answerRaw(''))).url],
    ['send garbage', async () => (await resources.startTcp(answerRaw('SSH-2.0-OpenSSH_9.2\r\n'))).url],
    ['send half a head', async () => (await resources.startTcp(answerRaw('HTTP/1.1 200 OK\r\nContent-Le'))).url],
    [
      'die within a small body',
      async () => (await resources.startTcp(answerRaw('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))).url,
    ],
    ['have no address', async () => 'http://no-such-host.invalid'],
  ];

  test.each(starters)('gives its response when the others %s', async (_, start) => {
    const bad = [await start(), await start()];
    const good = await resources.start(goodAfter50Ms);
    const { url } = await resources.serve({ endpoints: [...bad, good.url] });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([200, 'good']);
  });
});

describe('the losers of a race', () => {
  test('delay nothing and see their connection close', async () => {
    const slow = await resources.start(hanging);
    const good = await resources.start(goodAfter50Ms);
    const { url } = await resources.serve({ endpoints: [slow.url, good.url] });
    const { status } = await request(url);
    const answeredAt = performance.now();
    expect(status).toBe(200);
    await slow.idle();
    // Long before any limit that would end it, too.
    expect(performance.now() - answeredAt).toBeLessThan(10_000);
  });

  test('are read to their end when their body is small, so that their connection is used again', async () => {
    const bad = await resources.start((req, res) => {
      if (req.url === '/first') answering(500, 'bad')(req, res);
      else answering(200, 'fine')(req, res);
    });
    const { url } = await resources.serve({ endpoints: [bad.url, (await resources.start(goodAfter50Ms)).url] });
    expect((await request(`${url}/first`)).text).toBe('good');
    expect((await request(`${url}/second`)).text).toBe('fine');
    expect(bad.accepted).toBe(1);
  });

  test('are cut when the rest of their body is large', async () => {
    const endless = await resources.start((req, res) => {
      req.resume();
      res.writeHead(500);
      res.write('x');
    });
    const { url } = await resources.serve({ endpoints: [endless.url, (await resources.start(goodAfter50Ms)).url] });
    expect((await request(url)).text).toBe('good');
    await endless.idle();
  });
});

describe('the grace of the losers', () => {
  const startPair = async (listener: http.RequestListener) => {
    const loser = await resources.start(listener);
    return { loser, endpoints: [(await resources.start(answering(200, 'fast'))).url, loser.url] };
  };

  test('lets them finish, so that their connection is used again', async () => {
    const { loser, endpoints } = await startPair(goodAfter50Ms);
    const served = await resources.serve({ endpoints, loserGraceMs: 10_000 });
    for (let i = 0; i < 3; i++) {
      expect((await request(served.url)).text).toBe('fast');
      await until(() => endedIn(served.events).length, i + 1);
    }
    expect(loser.accepted).toBe(1);
    expect(endedIn(served.events).map(outcomesOf)).toEqual(Array(3).fill(['won', 'lost']));
  });

  test('goes on when a response that was streamed has come to its end', async () => {
    const { endpoints } = await startPair(goodAfter50Ms);
    const streaming = await resources.start((_, res) => res.write('one', () => void res.end('two')));
    const served = await resources.serve({ endpoints: [streaming.url, ...endpoints.slice(1)], loserGraceMs: 10_000 });
    expect((await request(served.url)).text).toBe('onetwo');
    await until(() => endedIn(served.events).length, 1);
    expect(endedIn(served.events).map(outcomesOf)).toEqual([['won', 'lost']]);
  });

  test('ends with their cancellation, which `request-ended` waits for and the client does not', async () => {
    const { loser, endpoints } = await startPair(hanging);
    const served = await resources.serve({ endpoints, loserGraceMs: 50 });
    expect((await request(served.url)).text).toBe('fast');
    expect(endedIn(served.events)).toEqual([]);
    await loser.idle();
    await until(() => endedIn(served.events).length, 1);
    expect(endedIn(served.events).map(outcomesOf)).toEqual([['won', 'cancelled']]);
    expect(endedIn(served.events)[0]?.durationMs).toBeLessThan(endedIn(served.events)[0]?.attempts[1]?.durationMs ?? 0);
  });

  test('is waited for by close()', async () => {
    const { endpoints } = await startPair(hanging);
    const served = await resources.serve({ endpoints, loserGraceMs: 30 });
    await request(served.url);
    await served.proxy.close();
    expect(endedIn(served.events).map(outcomesOf)).toEqual([['won', 'cancelled']]);
  });

  test('is over at once when the client goes away', async () => {
    const streaming = await resources.start((_, res) => void res.write('first'));
    const loser = await resources.start(hanging);
    const { url } = await resources.serve({ endpoints: [streaming.url, loser.url], loserGraceMs: Infinity });
    const client = http.get(url, { agent: false });
    const [res] = (await once(client, 'response')) as [http.IncomingMessage];
    res.on('error', () => {});
    client.destroy();
    await Promise.all([streaming.idle(), loser.idle()]);
  });
});

describe('failover', () => {
  test('asks the next endpoint only after a failure', async () => {
    const asked: string[] = [];
    const recording =
      (name: string, status: number): http.RequestListener =>
      (req, res) => {
        asked.push(name);
        answering(status, name)(req, res);
      };
    const servers = await Promise.all([
      startHttp(recording('first', 503)),
      startHttp(recording('second', 200)),
      startHttp(recording('third', 200)),
    ]);
    const endpoints = servers.map((server) => resources.use(server).url);
    const { url } = await resources.serve({ endpoints, strategy: 'failover' });
    expect((await request(url)).text).toBe('second');
    expect(asked).toEqual(['first', 'second']);
  });
});

describe('the winner', () => {
  test('arrives with status, reason phrase and all headers, repeated ones too', async () => {
    const endpoint = await resources.startTcp(
      answerRaw(
        'HTTP/1.1 418 Short And Stout\r\nX-One: 1\r\nSet-Cookie: a=1\r\nX-Two: a\r\nSet-Cookie: b=2\r\nX-Two: b\r\nContent-Length: 3\r\n\r\ntea',
      ),
    );
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const { status, statusText, rawHeaders, text } = await request(url);
    expect([status, statusText, text]).toEqual([418, 'Short And Stout', 'tea']);
    expect(rawHeaders.slice(0, 12)).toEqual([
      'X-One',
      '1',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'X-Two',
      'a',
      'X-Two',
      'b',
      'Content-Length',
      '3',
    ]);
  });

  test('is streamed from the first byte when its length is not known', async () => {
    const endpoint = await resources.start((_, res) => void res.write('first'));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const client = http.get(url, { agent: false });
    const [res] = (await once(client, 'response')) as [http.IncomingMessage];
    const [chunk] = await once(res, 'data');
    expect(String(chunk)).toBe('first');
    client.destroy();
    await endpoint.idle();
  });

  test('is read no faster than the client takes it', async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    const endpoint = await resources.start((_, res) => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!res.write(chunk)) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    const client = http.get(url, { agent: false });
    const [res] = (await once(client, 'response')) as [http.IncomingMessage];
    let received = 0;
    let maxOnTheWay = 0;
    for await (const chunk of res) {
      received += (chunk as Buffer).length;
      maxOnTheWay = Math.max(maxOnTheWay, written - received);
      await setImmediate();
    }
    expect(received).toBe(total);
    expect(maxOnTheWay).toBeLessThan(total / 2);
  });
});
