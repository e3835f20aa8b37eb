import { once } from 'node:events';
import http from 'node:http';
import { createBalancingProxy } from '../../src/index.ts';
import { late, later } from '../helpers/late.ts';
import { activeResources, leakCheckedResources, surplusOver } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, listen, startHttp } from '../helpers/servers.ts';
import { rounds } from '../helpers/thorough.ts';

const resources = leakCheckedResources();

const requests = rounds(1_000, 200);

describe('a client that goes away', () => {
  test('before the head cancels every attempt', async () => {
    let asked = 0;
    const bothAsked = Promise.withResolvers<void>();
    const counting: http.RequestListener = () => ++asked === 2 && bothAsked.resolve();
    const servers = [await resources.start(counting), await resources.start(counting)];
    const { url } = await resources.serve({ endpoints: servers.map((server) => server.url) });
    const client = http.get(url, { agent: false }).on('error', () => {});
    await bothAsked.promise;
    client.destroy();
    await Promise.all(servers.map((server) => server.idle()));
  });

  test('within the body cancels the winner', async () => {
    const endpoint = await resources.start((_, res) => void res.write('first'));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    const client = http.get(served.url, { agent: false });
    const [res] = (await once(client, 'response')) as [http.IncomingMessage];
    res.on('error', () => {});
    client.destroy();
    await endpoint.idle();
    await served.proxy.close();
    expect(served.events.at(-1)).toMatchObject({ type: 'request-ended', winner: endpoint.url });
  });
});

describe('an endpoint that breaks off after the head', () => {
  test.each<[string, http.OutgoingHttpHeaders]>([
    ['chunked', {}],
    ['long', { 'Content-Length': 100_000 }],
  ])('leaves the client with a visibly broken %s response', async (_, headers) => {
    const endpoint = await resources.start((_req, res) => {
      res.writeHead(200, headers).write('half');
      later(20, () => res.destroy());
    });
    const { url } = await resources.serve({ endpoints: [endpoint.url], holdMs: 5 });
    await expect(request(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('and falls silent is cut after `idleMs`', async () => {
    const endpoint = await resources.start((_req, res) => void res.write('half'));
    const served = await resources.serve({ endpoints: [endpoint.url], holdMs: 5, timeouts: { idleMs: 20 } });
    await expect(request(served.url)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await endpoint.idle();
    expect(served.events.at(-1)).toMatchObject({ error: { code: 'ERR_BRP_IDLE_TIMEOUT' } });
  });
});

describe('close()', () => {
  test('waits for what is in flight and refuses what comes after', async () => {
    const finish = Promise.withResolvers<void>();
    const endpoint = await resources.start(async (_req, res) => {
      res.write('first');
      await finish.promise;
      res.end('last');
    });
    const served = await resources.serve({ endpoints: [endpoint.url] });
    const client = http.get(served.url, { agent: false });
    const [res] = (await once(client, 'response')) as [http.IncomingMessage];
    let isClosed = false;
    const closing = served.proxy.close().then(() => {
      isClosed = true;
    });
    const refused = await request(served.url);
    expect([refused.status, refused.headers['retry-after'], isClosed]).toEqual([503, '1', false]);
    finish.resolve();
    let text = '';
    for await (const chunk of res) text += chunk;
    expect(text).toBe('firstlast');
    await closing;
  });

  test('closes the kept-alive connections to the endpoints', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const served = await resources.serve({ endpoints: [endpoint.url] });
    await request(served.url);
    expect(endpoint.sockets.size).toBe(1);
    await served.proxy.close();
    await endpoint.idle();
  });
});

describe(`${requests} requests with random aborts`, () => {
  test('leave no open endpoint socket, unhandled rejection, timer or listener behind', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const before = activeResources();
    // Faults and delays by turns, so that a run is the same every time.
    let turn = 0;
    const flaky: http.RequestListener = (req, res) => {
      turn++;
      if (turn % 5 === 0) hanging(req, res);
      else if (turn % 7 === 0) res.destroy();
      else late(turn % 10, answering(turn % 3 === 0 ? 500 : 200, 'x'.repeat((turn % 4) * 40_000)))(req, res);
    };
    const endpoints = [await startHttp(flaky), await startHttp(flaky), await startHttp(flaky)];
    const proxy = createBalancingProxy({ endpoints: endpoints.map(({ url }) => url), timeouts: { responseMs: 200 } });
    const server = await listen(http.createServer(proxy));

    const one = (index: number) =>
      new Promise<void>((resolve) => {
        const client = http.get(server.url, { agent: false }, (res) => {
          if (index % 4 === 1) client.destroy();
          res
            .on('error', () => {})
            .on('close', resolve)
            .resume();
        });
        client.on('error', () => resolve()).on('close', resolve);
        if (index % 4 === 0) later(index % 12, () => client.destroy());
      });
    for (let done = 0; done < requests; done += 50)
      await Promise.all(Array.from({ length: 50 }, (_, i) => one(done + i)));

    await proxy.close();
    await Promise.all(endpoints.map((endpoint) => endpoint.idle()));
    expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
    await Promise.all([server, ...endpoints].map((each) => each.close()));
    expect(await surplusOver(before)).toEqual({});
    expect(unhandled).toEqual([]);
    process.off('unhandledRejection', onUnhandled);
  }, 60_000);
});
