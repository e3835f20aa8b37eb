import http, { type ServerResponse } from 'node:http';
import v8 from 'node:v8';
import vm from 'node:vm';
import { LiveProxy } from '../../../src/cli/serve/live-proxy.ts';
import { createBalancingProxy, type ProxyEvent } from '../../../src/index.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

const resources = new Resources();
afterEach(() => resources.closeAll());

function proxyFor(...endpoints: ReadonlyArray<{ readonly url: string; readonly name: string }>) {
  return createBalancingProxy({ endpoints });
}

async function endpointNamed(name: string, listener = answering(200, name)) {
  const { url } = await resources.start(listener);
  return { url, name };
}

/** Serves a live proxy. @param worker as for LiveProxy. */
async function serveLive(first: ReturnType<typeof proxyFor>, worker?: number) {
  const live = resources.use(new LiveProxy(first, worker));
  const server = http.createServer(live.serve).on('upgrade', live.upgrade);
  return { live, url: (await resources.listen(server)).url };
}

describe('a live proxy', () => {
  test('adds up what all proxies have counted of an endpoint', async () => {
    const [a, b] = [await endpointNamed('a'), await endpointNamed('b')];
    const { live, url } = await serveLive(proxyFor(a));
    await request(url);
    live.replace(proxyFor(b, a));
    await request(url);
    await until(() => live.endpoints.every(({ inFlight }) => inFlight === 0));
    const ofA = () => live.endpoints.find(({ name }) => name === 'a');
    expect(live.endpoints.map(({ name }) => name)).toEqual(['b', 'a']);
    const total = ofA();
    expect((total?.successes ?? 0) + (total?.cancelled ?? 0)).toBe(2);
    live.replace(proxyFor(a));
    await request(url);
    await until(() => ofA()?.inFlight, 0);
    expect((ofA()?.successes ?? 0) + (ofA()?.cancelled ?? 0)).toBe(3);
  });

  test('shows what is still under way at the proxy before', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const a = await endpointNamed('a', (_, res) => held.resolve(res));
    const { live, url } = await serveLive(proxyFor(a));
    const response = request(url);
    const res = await held.promise;
    live.replace(proxyFor(a));
    expect(live.endpoints).toMatchObject([{ name: 'a', inFlight: 1, wins: 0 }]);
    res.end('whole');
    expect(await response).toMatchObject({ text: 'whole' });
    await until(() => live.endpoints[0]?.inFlight, 0);
    expect(live.endpoints).toMatchObject([{ wins: 1 }]);
  });

  test('keeps drained endpoints drained, and tells nobody anew', async () => {
    const [a, b] = [await endpointNamed('a'), await endpointNamed('b')];
    const { live, url } = await serveLive(proxyFor(a, b));
    const types: string[] = [];
    live.subscribe(({ type }) => void types.push(type));
    expect([live.drain('a'), live.drain('nobody')]).toEqual([true, false]);
    expect(types.splice(0)).toEqual(['endpoint-drained']);
    live.replace(proxyFor(a, b));
    expect(types).toEqual([]);
    expect(await request(url)).toMatchObject({ text: 'b' });
    expect(live.restore('a')).toBe(true);
    expect(live.endpoints.map(({ state }) => state)).toEqual(['available', 'available']);
  });

  test('sends the events of all proxies to whoever subscribed, under numbers of their own', async () => {
    const { live, url } = await serveLive(proxyFor(await endpointNamed('a')));
    const numbers: number[] = [];
    const observe = (event: ProxyEvent) => void (event.type === 'request-started' && numbers.push(event.requestId));
    const unsubscribe = live.subscribe(observe);
    await request(url);
    await request(url);
    live.replace(proxyFor(await endpointNamed('b')));
    await request(url);
    live.subscribe(observe);
    unsubscribe();
    await request(url);
    live.replace(proxyFor(await endpointNamed('c')));
    await request(url);
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
  });

  test('sends events of some types alone to whoever wants no others', async () => {
    const { live, url } = await serveLive(proxyFor(await endpointNamed('a')));
    const types: string[] = [];
    const unsubscribe = live.subscribe(({ type }) => void types.push(type), ['request-started']);
    await request(url);
    live.replace(proxyFor(await endpointNamed('b')));
    await request(url);
    unsubscribe();
    await request(url);
    expect(types).toEqual(['request-started', 'request-started']);
  });

  test('forgets an observer that has unsubscribed', async () => {
    const { live } = await serveLive(proxyFor(await endpointNamed('a')));
    const subscribeOnce = () => {
      const observer = () => {};
      live.subscribe(observer)();
      return new WeakRef(observer);
    };
    const observer = subscribeOnce();
    await until(() => {
      collectGarbage();
      return observer.deref() === undefined;
    });
  });

  test('numbers requests so that workers never share a number', async () => {
    const { live, url } = await serveLive(proxyFor(await endpointNamed('a')), 1_007);
    const numbers: number[] = [];
    live.subscribe((event) => void (event.type === 'request-ended' && numbers.push(event.requestId)));
    await request(url);
    live.replace(proxyFor(await endpointNamed('b')));
    await request(url);
    await until(() => numbers.length, 2);
    expect(numbers).toEqual([1_007, 2_007]);
  });

  test('has the last proxy closed when closing is over, and the ones before', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const { live, url } = await serveLive(proxyFor(await endpointNamed('a', (_, res) => held.resolve(res))));
    const response = request(url);
    const res = await held.promise;
    live.replace(proxyFor(await endpointNamed('b')));
    let isClosed = false;
    const closed = live.close().then(() => (isClosed = true));
    expect(await request(url)).toMatchObject({ status: 503 });
    expect(isClosed).toBe(false);
    res.end('whole');
    expect(await response).toMatchObject({ text: 'whole' });
    await closed;
  });

  test('adds up the hedges that were denied', async () => {
    const held: ServerResponse[] = [];
    const endpoints = [
      await endpointNamed('slow', (_, res) => void held.push(res)),
      await endpointNamed('spare', (_, res) => void held.push(res)),
    ];
    const hedging = () => {
      const hedge = { delayMs: 1, budgetRatio: 0, budgetFloor: 0 };
      return createBalancingProxy({ endpoints, strategy: 'hedge', order: 'given', hedge });
    };
    const { live, url } = await serveLive(hedging());
    for (const before of [0, 1]) {
      const response = request(url);
      await until(() => live.hedgesDenied, before + 1);
      await until(() => held.length, 1);
      live.replace(hedging());
      expect(live.hedgesDenied).toBe(before + 1);
      held.pop()?.end('late');
      await response;
    }
    live.replace(hedging());
    await until(() => live.hedgesDenied, 2);
  });
});
