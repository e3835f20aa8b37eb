import http, { type IncomingMessage } from 'node:http';
import { type BalancingProxy, createBalancingProxy } from '../../src/index.ts';
import { chance, seedTitle } from '../fuzz/seed.ts';
import { activeResources, surplusOver } from '../helpers/leaks.ts';
import { Resources } from '../helpers/proxy.ts';
import type { TestServer } from '../helpers/servers.ts';
import { startChild } from './child.ts';
import { bodyOf, draw, errorOf, type Fault, faultOf, shapeOf } from './faults.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const requests = 10_000;
const concurrency = 50;
const endpointCount = 3;
/** Nobody listens on this port; one that was free a while ago may be somebody's by now. */
const refusing = 'http://127.0.0.1:1';

/** What a client does to one request. */
const clientWeights = { waits: 84, 'aborts before the head': 8, 'aborts within the body': 8 };
const clientOf = (path: string) => draw(clientWeights, chance('client', path));

/** A request, and what came of it as its client sees it. */
interface Outcome {
  readonly path: string;
  readonly requestBody: string;
  readonly status: number | undefined;
  readonly body: Buffer;
  /** The message ended as messages should. */
  readonly isWhole: boolean;
}

function exchange(url: string, agent: http.Agent, path: string): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const requestBody = chance('post', path) < 0.1 ? `body of ${path}` : '';
  const client = http.request(url + path, { agent, method: requestBody === '' ? 'GET' : 'POST' });
  const chunks: Buffer[] = [];
  let res: IncomingMessage | undefined;
  const finish = (isWhole: boolean): void =>
    resolve({ path, requestBody, status: res?.statusCode, body: Buffer.concat(chunks), isWhole });
  client.on('error', () => finish(false)).on('close', () => finish(res?.complete ?? false));
  client.on('response', (response) => {
    res = response;
    res.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    if (clientOf(path) === 'aborts within the body') res.once('data', () => client.destroy());
  });
  client.end(requestBody);
  if (clientOf(path) === 'aborts before the head') setTimeout(() => client.destroy(), 10 * chance('abort', path));
  return promise;
}

/** What is wrong with what a client got, or undefined: every response is right, a clean error, or visibly broken. */
function complaintAbout(
  { path, requestBody, status, body, isWhole }: Outcome,
  isOverloaded: boolean,
): string | undefined {
  const complain = (what: string) => `${path} ${status}: ${what}`;
  if (clientOf(path) !== 'waits') return undefined;
  const faults = Array.from({ length: endpointCount }, (_, endpoint) => faultOf(path, endpoint));
  const has = (...wanted: Fault[]) => faults.some((fault) => wanted.includes(fault));
  // Bodies of the other shapes are held until they are whole.
  const mayBreak = shapeOf(path) === 'large' && has('reset in the body');
  const expected = bodyOf(path, requestBody);
  if (status === undefined) return complain('there is no response');
  if (!isWhole) {
    const isRightSoFar = expected.subarray(0, body.length).equals(body);
    return mayBreak && status === 200 && isRightSoFar ? undefined : complain('it is cut short');
  }
  if (status === 200) return body.equals(expected) ? undefined : complain('it is not what an endpoint sent');
  // A response that broke before anything of it was sent on is an error like any other.
  if (has('none', 'slow') && !mayBreak && !isOverloaded) return complain('an endpoint had answered');
  return isCleanError(path, status, body.toString('latin1')) ? undefined : complain("it is nobody's error");
}

function isCleanError(path: string, status: number, text: string): boolean {
  if (status !== 500)
    return new RegExp(`^${status} ERR_BRP_[A-Z_]+\n$`).test(text) && (status === 502 || status === 504);
  return Array.from({ length: endpointCount }, (_, endpoint) => errorOf(path, endpoint)).includes(text);
}

/** Sends all requests, some at a time, and hands over what comes of each. */
async function bombard(urls: readonly string[], agent: http.Agent, take: (outcome: Outcome) => void): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < requests; index = next++) {
      take(await exchange(urls[index % urls.length] ?? '', agent, `/soak/${index}`));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** The paths of requests for which an endpoint without a fault took too long all the same, as on a machine with more to do. */
function watchOverload(proxies: readonly BalancingProxy[], urls: readonly string[]): ReadonlySet<string> {
  const overloaded = new Set<string>();
  for (const proxy of proxies) {
    proxy.subscribe((event) => {
      if (event.type !== 'attempt-ended' || event.report.outcome !== 'timed-out') return;
      const fault = faultOf(event.url, urls.indexOf(event.report.endpoint));
      if (fault === 'none' || fault === 'slow') overloaded.add(event.url);
    });
  }
  return overloaded;
}

/** Milliseconds. A process that is starved for longer than a kept connection is idle would lose the request that comes next on it. */
const keepAliveTimeout = 60_000;

// Jest fails a test during which an exception or a rejection went uncaught.
describe(`10,000 requests with every kind of fault (${seedTitle})`, () => {
  test('get right, cleanly wrong or visibly broken responses, and leave nothing behind', async () => {
    const before = activeResources();
    const endpoints = resources.use(await startChild('endpoints-process.ts', String(endpointCount)));
    const urls = endpoints.hello as string[];
    const common = { holdMs: Infinity, timeouts: { responseMs: 1_000, idleMs: 1_000 } };
    const proxies = [
      createBalancingProxy({ endpoints: urls, ...common }),
      createBalancingProxy({ endpoints: urls, ...common }),
      createBalancingProxy({ endpoints: [refusing, ...urls], ...common }),
      createBalancingProxy({ endpoints: urls, strategy: 'failover', ...common }),
    ];
    const overloaded = watchOverload(proxies, urls);
    const servers: TestServer[] = [];
    for (const proxy of proxies) servers.push(await resources.listen(http.createServer({ keepAliveTimeout }, proxy)));
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });

    const complaints: string[] = [];
    const endings = new Set<string>();
    const serverUrls = servers.map(({ url }) => url);
    await bombard(serverUrls, agent, (outcome) => {
      const complaint = complaintAbout(outcome, overloaded.has(outcome.path));
      if (complaint) complaints.push(complaint);
      endings.add(`${outcome.status}${outcome.isWhole ? '' : ' broken'}`);
    });
    expect(complaints).toEqual([]);
    // Or the test tests less than it says.
    expect([...endings]).toEqual(expect.arrayContaining(['200', '200 broken', '500', '502', 'undefined broken']));

    await Promise.all(proxies.map((proxy) => proxy.close()));
    const inFlight = proxies.flatMap((proxy) => proxy.endpoints.map((endpoint) => endpoint.inFlight));
    expect(Math.max(...inFlight)).toBe(0);
    expect(await endpoints.ask('idle?')).toBe('idle');
    await resources.closeAll();
    expect(await surplusOver(before)).toEqual({});
  }, 300_000);
});
