import type { RequestListener } from 'node:http';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Breaks off the first so many of its answers in the middle, with a length or without. */
function breaking(times: number, headers: Record<string, string> = {}): RequestListener {
  let left = times;
  return (req, res) => {
    res.writeHead(200, headers);
    // A body that is not read before an answer could be taken for the reason of a break.
    req.resume().on('end', () => {
      if (left-- > 0) res.write('half', () => res.destroy());
      else res.end('halfhalf');
    });
  };
}

/** Long enough that a break comes within the hold. */
const held: Partial<BalancingProxyOptions> = { holdMs: 60_000 };

describe('several endpoints that have all broken off within the hold', () => {
  test.each<[string, Partial<BalancingProxyOptions>, Record<string, string>]>([
    ['in a race', { strategy: 'race' }, {}],
    ['in a race of answers with a length', { strategy: 'race' }, { 'Content-Length': '8' }],
    ['by hedges', { strategy: 'hedge' }, {}],
    ['one after the other', { strategy: 'failover' }, {}],
  ])('are asked once more when a GET asked %s', async (_, options, headers) => {
    const often = await resources.start(breaking(9, headers));
    const once = await resources.start(breaking(1, headers));
    const served = await resources.serve({ endpoints: [often.url, once.url], ...held, ...options });
    expect(await request(served.url)).toMatchObject({ status: 200, text: 'halfhalf' });
    expect(served.events.at(-1)).toMatchObject({ winner: once.url, resumes: 0 });
  });

  test('are asked no third time', async () => {
    const endpoints = [await resources.start(breaking(9)), await resources.start(breaking(9))];
    const served = await resources.serve({ endpoints: endpoints.map(({ url }) => url), ...held });
    expect(await request(served.url)).toMatchObject({ status: 502, text: '502 ERR_BRP_EXHAUSTED\n' });
    expect(endpoints.map((endpoint) => endpoint.asked())).toEqual([2, 2]);
  });

  test.each<[string, Partial<BalancingProxyOptions>, string]>([
    ['a POST', {}, 'POST'],
    ['a GET with `resume` off', { resume: 'off' }, 'GET'],
    ['a GET with no `maxResumes`', { maxResumes: 0 }, 'GET'],
  ])('are not asked again for %s', async (_, options, method) => {
    const endpoints = [await resources.start(breaking(1)), await resources.start(breaking(1))];
    const served = await resources.serve({ endpoints: endpoints.map(({ url }) => url), ...held, ...options });
    expect(await request(served.url, { method })).toMatchObject({ status: 502 });
    expect(endpoints.map((endpoint) => endpoint.asked())).toEqual([1, 1]);
  });

  test('are not asked again when one of them broke off before its head', async () => {
    const endpoints = [
      await resources.start(breaking(1)),
      await resources.start(breaking(1)),
      await resources.start((_req, res) => res.destroy()),
    ];
    const served = await resources.serve({ endpoints: endpoints.map(({ url }) => url), ...held });
    expect(await request(served.url)).toMatchObject({ status: 502 });
    expect(endpoints.map((endpoint) => endpoint.asked())).toEqual([1, 1, 1]);
  });

  test('have the response of another one given that is not usable', async () => {
    const endpoints = [
      await resources.start(breaking(1)),
      await resources.start(breaking(1)),
      await resources.start(answering(500, 'no')),
    ];
    const served = await resources.serve({ endpoints: endpoints.map(({ url }) => url), ...held });
    expect(await request(served.url)).toMatchObject({ status: 500, text: 'no' });
    expect(endpoints.map((endpoint) => endpoint.asked())).toEqual([1, 1, 1]);
  });
});

test('an only endpoint that broke off within the hold is not asked again', async () => {
  const endpoint = await resources.start(breaking(1));
  const served = await resources.serve({ endpoints: [endpoint.url], ...held });
  expect(await request(served.url)).toMatchObject({ status: 502 });
  expect(endpoint.asked()).toBe(1);
});
