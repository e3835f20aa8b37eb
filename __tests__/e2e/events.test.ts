import diagnostics from 'node:diagnostics_channel';
import { rm } from 'node:fs/promises';
import http, { type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { type ChannelMessage, createBalancingProxy, type ProxyEvent, type RequestEnded } from '../../src/index.ts';
import { late, later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { isThere, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const eventOf = <Type extends ProxyEvent['type']>({ events }: Pick<ServedProxy, 'events'>, type: Type) =>
  events.find((event) => event.type === type) as Extract<ProxyEvent, { readonly type: Type }>;

async function ended(served: ServedProxy): Promise<RequestEnded> {
  await until(() => eventOf(served, 'request-ended'), isThere);
  return eventOf(served, 'request-ended');
}

describe('the events of a request', () => {
  test('come in order, each with what all have in common', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    await request(`${served.url}/path?query=1`, { method: 'DELETE' });
    await ended(served);
    expect(served.events.map(({ type }) => type)).toEqual([
      'request-started',
      'attempt-started',
      'attempt-ended',
      'response-started',
      'request-ended',
    ]);
    for (const event of served.events) {
      expect(event).toMatchObject({ requestId: 1, method: 'DELETE', url: '/path?query=1' });
    }
  });

  test('begin within the call of the middleware', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    let seenWithin: number | undefined;
    const served: ServedProxy = await resources.serve({ endpoints: [endpoint.url] }, (proxy) =>
      express().use((req, res, next) => {
        proxy(req, res, next);
        seenWithin = served.events.filter(({ type }) => type === 'request-started').length;
      }),
    );
    await request(served.url);
    expect(seenWithin).toBe(1);
  });

  test("tell the client's trace context", async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await request(served.url, { headers: { traceparent, tracestate: ['one=1', 'two=2'] } });
    expect(eventOf(served, 'request-started')).toMatchObject({ traceparent, tracestate: 'one=1, two=2' });
  });

  test('tell that there is none', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    await request(served.url);
    expect(eventOf(served, 'request-started')).toMatchObject({ traceparent: undefined, tracestate: undefined });
  });

  test('tell where an endpoint is, without its credentials', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const url = `http://user:secret@127.0.0.1:${endpoint.port}/base?key=secret`;
    const served = await resources.serve({ endpoints: [{ url, name: 'one' }] });
    await request(served.url);
    await ended(served);
    expect(eventOf(served, 'attempt-started')).toMatchObject({ endpoint: 'one', origin: endpoint.url });
    expect(JSON.stringify(served.events)).not.toContain('secret');
  });

  test('tell where an endpoint on a Unix socket is', async () => {
    const socket = path.join(tmpdir(), `events-${process.pid}.sock`);
    const server = http.createServer(answering(200, 'hello')).listen(socket);
    resources.use({ close: () => new Promise((resolve) => void server.close(resolve)) });
    const origin = `http+unix://${encodeURIComponent(socket)}`;
    const served = await resources.serve({ endpoints: [{ url: origin, name: 'one' }] });
    await request(served.url);
    expect(eventOf(served, 'attempt-started').origin).toBe(origin);
    await rm(socket, { force: true });
  });

  test('tell when the head was there, and when all of it was', async () => {
    const endpoint = await resources.start((_, res) => {
      res.write('first');
      void until(() => eventOf(served, 'response-started'), isThere).then(() => later(30, () => res.end('last')));
    });
    const served = await resources.serve({ endpoints: [endpoint.url] });
    await request(served.url);
    const { durationMs } = await ended(served);
    expect(eventOf(served, 'response-started').afterMs).toBeLessThan(durationMs - 20);
  });
});

describe('who served a request', () => {
  test('is the winner', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    await request(served.url);
    expect(await ended(served)).toMatchObject({ winner: endpoint.url, servedBy: endpoint.url });
  });

  test('is the first endpoint whose response was discarded when nobody won', async () => {
    const bad = await resources.start(answering(500, 'oops'));
    const served = await resources.serve({ endpoints: [bad.url, await refusedUrl()] });
    await request(served.url);
    expect(await ended(served)).toMatchObject({ winner: undefined, servedBy: bad.url });
  });

  test('is nobody when there was no response', async () => {
    const served = await resources.serve({ endpoints: [await refusedUrl()] });
    await request(served.url);
    expect(await ended(served)).toMatchObject({ winner: undefined, servedBy: undefined });
  });
});

describe('the report of an attempt', () => {
  test('says why it started', async () => {
    const bad = await resources.start(answering(500, 'oops'));
    const good = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [bad.url, good.url], strategy: 'failover' });
    await request(served.url);
    expect((await ended(served)).attempts.map(({ reason }) => reason)).toEqual(['first', 'failure']);
  });

  // 100 bytes over TCP in one piece, more than the 64 KiB that are read to their end, and nothing.
  test.each<[string, RequestListener, number]>([
    ['a loser that was read to its end', late(20, answering(200, 'x'.repeat(100))), 100],
    ['an unusable response that was read to its end', answering(500, 'x'.repeat(100)), 100],
    ['a response that was cut off', answering(500, 'x'.repeat(100_000)), 0],
    ['a loser that was cancelled', hanging, 0],
  ])('counts the bytes that were read for nobody: %s', async (_, loser, discardedBytes) => {
    const good = await resources.start(late(20, answering(200, 'hello')));
    const other = await resources.start(loser);
    const served = await resources.serve({ endpoints: [good.url, other.url], loserGraceMs: 200 });
    await request(served.url);
    const { attempts, winner } = await ended(served);
    const bytes = attempts.map((report) => report.discardedBytes);
    // Either of two that answer may lose.
    expect(bytes).toEqual(winner === good.url ? [0, discardedBytes] : ['hello'.length, 0]);
  });

  test('counts the bytes that were held of a loser whose hold was over', async () => {
    const listener: RequestListener = (_req, res) => {
      for (let count = 0; count < 4; count++) res.write('x'.repeat(20_000));
    };
    const endpoints = [await resources.startAt(listener), await resources.startAt(listener)];
    const served = await resources.serve({ endpoints, loserGraceMs: 10_000, holdMs: Infinity });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    await until(() => served.events.filter(({ type }) => type === 'attempt-ended').length, 2);
    client.destroy();
    const { attempts } = await ended(served);
    const lost = attempts.find(({ outcome }) => outcome === 'lost');
    expect(lost?.discardedBytes).toBeGreaterThanOrEqual(65_536);
  });
});

describe('node:diagnostics_channel', () => {
  /** Listens to these channels until the test ends. */
  function listenTo(...types: ReadonlyArray<ProxyEvent['type']>): ChannelMessage[] {
    const messages: ChannelMessage[] = [];
    const onMessage = (message: unknown): void => void messages.push(message as ChannelMessage);
    for (const type of types) {
      const name = `balancing-reverse-proxy:${type}`;
      diagnostics.subscribe(name, onMessage);
      resources.use({ close: () => diagnostics.unsubscribe(name, onMessage) });
    }
    return messages;
  }

  test('carries every event of every proxy, with the proxy that it is of', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const served = [
      await resources.serve({ endpoints: [endpoint.url] }),
      await resources.serve({ endpoints: [endpoint.url] }),
    ];
    const messages = listenTo(
      'request-started',
      'attempt-started',
      'attempt-ended',
      'response-started',
      'request-ended',
      'endpoint-drained',
      'endpoint-restored',
    );
    for (const one of served) {
      await request(one.url);
      await ended(one);
      one.proxy.drain(endpoint.url);
      one.proxy.restore(endpoint.url);
    }
    for (const { proxy, events } of served) {
      expect(messages.filter((message) => message.proxy === proxy).map(({ event }) => event)).toEqual(events);
    }
    expect(messages).toHaveLength(2 * 7);
  });

  test('carries events that nobody has subscribed to otherwise', async () => {
    const proxy = createBalancingProxy({ endpoints: [await refusedUrl()], ejection: { consecutiveFailures: 1 } });
    const { url } = await resources.start(proxy);
    const messages = listenTo('endpoint-ejected');
    await request(url);
    expect(messages.map(({ event }) => event.type)).toEqual(['endpoint-ejected']);
  });
});
