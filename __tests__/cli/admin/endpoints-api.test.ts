import { answerEndpoints } from '../../../src/cli/admin/endpoints-api.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';
import { FakeSource } from '../../observers/dashboard/fake-source.ts';
import { startLocally } from '../command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Starts a command with two endpoints, the first of which answers as long as that is not drained. */
async function startWithTwo(...flags: readonly string[]) {
  const [a, b] = [await resources.startSaying('a'), await resources.startSaying('b')];
  const endpoints = `${a.url},${b.url}`;
  const command = startLocally('-admin', '127.0.0.1:0', '-e', endpoints, '-strategy', 'failover', ...flags);
  const [url, admin] = [await command.url(), await command.adminUrl()];
  const pathOf = (endpoint: { readonly url: string }) => `${admin}/endpoints/${encodeURIComponent(endpoint.url)}`;
  return { command, url, admin, a, b, pathOf };
}

const jsonOf = ({ text }: { readonly text: string }) => JSON.parse(text) as unknown;
const post = { method: 'POST' };

describe('GET /endpoints', () => {
  test('tells all of each endpoint', async () => {
    const { url, admin, a, b } = await startWithTwo();
    expect(await request(url)).toMatchObject({ text: 'a' });
    const received = await request(`${admin}/endpoints`);
    expect(received).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    const unused = (name: string) => ({ ...snapshotOf(name), ejectionCause: null, latencyMs: null });
    expect(jsonOf(received)).toEqual({
      endpoints: [{ ...unused(a.url), successes: 1, wins: 1, latencyCount: 1 }, unused(b.url)],
      hedgesDenied: 0,
    });
  });

  test('tells the latency once there were enough responses', async () => {
    const { url, pathOf, a } = await startWithTwo();
    for (let i = 0; i < 20; i++) await request(url);
    const tenths = expect.any(Number);
    expect(jsonOf(await request(pathOf(a)))).toMatchObject({ latencyMs: { p50: tenths, p95: tenths, p99: tenths } });
  });

  test('with a name tells of that endpoint', async () => {
    const { pathOf, b } = await startWithTwo();
    expect(jsonOf(await request(pathOf(b)))).toMatchObject({ name: b.url, state: 'available' });
  });

  test('sends no body for HEAD', async () => {
    const { admin } = await startWithTwo();
    const { status, headers, text } = await request(`${admin}/endpoints?x`, { method: 'HEAD' });
    expect({ status, type: headers['content-type'], text }).toEqual({
      status: 200,
      type: 'application/json',
      text: '',
    });
  });
});

describe('POST /endpoints/NAME', () => {
  test('drains an endpoint and restores it, and the log tells for whom', async () => {
    const { command, url, pathOf, a } = await startWithTwo('-admin-actions');
    const drained = await request(`${pathOf(a)}/drain`, post);
    expect(drained.status).toBe(200);
    expect(jsonOf(drained)).toMatchObject({ name: a.url, state: 'drained' });
    expect(await command.line(/asked to/)).toMatch(`admin: 127.0.0.1 asked to drain "${a.url}"`);
    expect(await request(url)).toMatchObject({ text: 'b' });
    expect(jsonOf(await request(`${pathOf(a)}/restore`, post))).toMatchObject({ state: 'available' });
    expect(await request(url)).toMatchObject({ text: 'a' });
  });

  test('is refused without -admin-actions, which the answer names', async () => {
    const { url, pathOf, a } = await startWithTwo();
    const received = await request(`${pathOf(a)}/drain`, post);
    expect(received.status).toBe(403);
    expect(jsonOf(received)).toEqual({ error: expect.stringContaining('-admin-actions') });
    expect(await request(url)).toMatchObject({ text: 'a' });
  });

  test.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:1' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://evil.example', 'content-type': 'application/json' }],
  ])('is refused to a page elsewhere: %j', async (headers) => {
    const { command, url, pathOf, a } = await startWithTwo('-admin-actions');
    expect(await request(`${pathOf(a)}/drain`, { ...post, headers })).toMatchObject({ status: 403 });
    expect(await request(url)).toMatchObject({ text: 'a' });
    expect(command.lines.filter((line) => line.includes('asked to'))).toEqual([]);
  });

  test('is granted to a page of its own', async () => {
    const { admin, pathOf, a } = await startWithTwo('-admin-actions');
    const settings = { ...post, headers: { origin: admin } };
    expect(await request(`${pathOf(a)}/drain`, settings)).toMatchObject({ status: 200 });
  });

  test('with an unknown name tells those that there are', async () => {
    const { admin, a, b } = await startWithTwo('-admin-actions');
    const received = await request(`${admin}/endpoints/missing/drain`, post);
    expect(received.status).toBe(404);
    expect(jsonOf(received)).toEqual({ error: 'no endpoint is called "missing"', endpoints: [a.url, b.url] });
  });
});

describe('an endpoint that was drained and that DNS does not give at the moment', () => {
  test('can be restored', async () => {
    const source = new FakeSource();
    const restored: string[] = [];
    source.restore = (name) => restored.push(name) > 0;
    const { url } = await resources.start((req, res) => {
      answerEndpoints({ req, res, path: req.url ?? '' }, { source, allowActions: true });
    });
    const received = await request(`${url}/endpoints/10.0.0.7/restore`, post);
    expect([received.status, jsonOf(received)]).toEqual([200, { name: '10.0.0.7', state: null }]);
    expect(restored).toEqual(['10.0.0.7']);
    expect(await request(`${url}/endpoints/10.0.0.7/drain`, post)).toMatchObject({ status: 404 });
  });
});

describe('all below /endpoints', () => {
  test.each([
    ['POST', '', 405, 'GET, HEAD'],
    ['DELETE', '/name', 405, 'GET, HEAD'],
    ['GET', '/name/drain', 405, 'POST'],
    ['PUT', '/name/restore', 405, 'POST'],
    ['GET', '/', 404, undefined],
    ['GET', '//drain', 404, undefined],
    ['POST', '/%/drain', 404, undefined],
    ['GET', '/%zz', 404, undefined],
    ['POST', '/name/other', 404, undefined],
    ['POST', '/http://a/drain', 404, undefined],
    ['GET', `/${'x'.repeat(8_000)}`, 404, undefined],
  ])('answers %s %s with %d as JSON', async (method, path, status, allow) => {
    const { admin } = await startWithTwo('-admin-actions');
    const received = await request(`${admin}/endpoints${path}`, { method });
    expect(received.status).toBe(status);
    expect(received.headers.allow).toBe(allow);
    expect(jsonOf(received)).toMatchObject({ error: expect.any(String) });
  });
});
