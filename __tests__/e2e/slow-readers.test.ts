import { once } from 'node:events';
import { createBalancingProxy, type RequestEnded } from '../../src/index.ts';
import { frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';

const resources = leakCheckedResources();

/** An endpoint whose response goes on for as long as it is read. */
const startEndless = async (headers: Record<string, string>) =>
  resources.start((_, res) => {
    const part = Buffer.alloc(65_536, 'x');
    const write = (): void => {
      while (res.write(part));
    };
    res.writeHead(200, headers).on('drain', write);
    write();
  });

describe.each(frames)('a client that reads nothing under $name', (frame) => {
  test.each([
    ['chunked', {}],
    ['of a length', { 'Content-Length': '1000000000000' }],
  ])('has its response broken off and the attempt cancelled: %s', async (_, headers) => {
    const endpoint = await startEndless(headers);
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], timeouts: { clientMs: 100 } }));
    const ended = Promise.withResolvers<RequestEnded>();
    proxy.subscribe((event) => event.type === 'request-ended' && ended.resolve(event));
    const { url } = resources.use(await frame.start({ mounts: { '/': proxy } }));
    const answer = await frame.send(url).answer;
    const broken = once(answer.body, 'error');
    const { error, status, servedBy, attempts } = await ended.promise;
    expect(error).toMatchObject({ code: 'ERR_BRP_CLIENT_TIMEOUT' });
    expect([status, servedBy, attempts.length, attempts[0]?.outcome]).toEqual([200, endpoint.url, 1, 'won']);
    await endpoint.idle();
    expect(proxy.endpoints[0]?.inFlight).toBe(0);
    await Promise.all([broken, textOf(answer).catch(() => {})]);
  });
});
