import { createFlakyServer } from '../../demo/flaky-server.ts';
import { createGatewayApp } from '../../demo/gateway-app.ts';
import { createLegacyServer } from '../../demo/legacy-server.ts';
import { createBalancingProxy } from '../../src/index.ts';
import { createDashboard } from '../../src/observers/dashboard/dashboard.ts';
import { answering, listen, refusedUrl, startHttp, type TestServer } from '../helpers/servers.ts';
import { endCommands, startCommand } from './start-command.ts';

const endings: Array<() => Promise<void>> = [];

function closeLater<T extends Pick<TestServer, 'close'>>(server: T): T {
  endings.unshift(() => server.close());
  return server;
}

/** A gateway whose first endpoint always fails and whose second is good. */
async function startGateway({ legacyUrl }: { legacyUrl?: string } = {}): Promise<TestServer> {
  const good = createFlakyServer({ maxDelayMs: 1, errorRatio: 0, seed: 1, name: 'good' });
  const servers = [await startHttp(answering(500, 'bad')), await listen(good), await listen(createLegacyServer())];
  const [bad, better, legacy] = servers.map(closeLater);
  const api = closeLater(createBalancingProxy({ endpoints: [bad?.url ?? '', better?.url ?? ''] }));
  const dashboard = createDashboard(api);
  return closeLater(await startHttp(createGatewayApp({ api, dashboard, legacyUrl: legacyUrl ?? legacy?.url ?? '' })));
}

function sendJson(text: string): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: text };
}

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

describe('createGatewayApp', () => {
  test('gives /api the first usable response of several endpoints', async () => {
    const { url } = await startGateway();
    const response = await fetch(`${url}/api/hello`, sendJson('{}'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-flaky-server')).toBe('good');
    expect(await response.text()).toContain('asked for POST /hello');
  });

  test('forwards /legacy to the one server behind it', async () => {
    const { url } = await startGateway();
    const response = await fetch(`${url}/legacy/hello`, sendJson('{}'));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('Hello from the one and only legacy server, asked for POST /hello\n');
  });

  test('answers 502 as JSON, without a word about addresses, when the server behind /legacy is away', async () => {
    const { url } = await startGateway({ legacyUrl: await refusedUrl() });
    const response = await fetch(`${url}/legacy/hello`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: { status: 502, code: 'ERR_LEGACY', message: 'Bad Gateway' } });
  });

  test('serves the dashboard of /api, for looking at only', async () => {
    const { url } = await startGateway();
    const page = await fetch(`${url}/dashboard`);
    expect(page.url).toBe(`${url}/dashboard/`);
    expect(await page.text()).toContain('<title>balancing-reverse-proxy</title>');
    expect((await fetch(`${url}/dashboard/endpoints/x/drain`, { method: 'POST' })).status).toBe(404);
  });

  test('parses the JSON of POST /echo', async () => {
    const { url } = await startGateway();
    const response = await fetch(`${url}/echo`, sendJson('{ "name": "Joe" }'));
    expect(await response.json()).toEqual({ youSent: { name: 'Joe' } });
  });

  test.each(['/', '/api/hello', '/legacy/hello'])('compresses %s for a client that asks for it', async (path) => {
    const { url } = await startGateway();
    const encodingFor = async (accepted: string): Promise<string | null> => {
      const response = await fetch(url + path, { headers: { 'Accept-Encoding': accepted } });
      expect(await response.text()).toMatch(/Hello|Try/);
      return response.headers.get('content-encoding');
    };
    expect(await encodingFor('gzip')).toBe('gzip');
    expect(await encodingFor('identity')).toBeNull();
  });

  test.each([
    { what: 'broken JSON', path: '/echo', body: '{', status: 400, code: 'entity.parse.failed' },
    {
      what: 'a body too large to replay',
      path: '/api',
      body: 'x'.repeat(2 ** 20 + 1),
      status: 413,
      code: 'ERR_BRP_BODY_TOO_LARGE',
    },
  ])('answers $status as JSON for $what', async ({ path, body, status, code }) => {
    const { url } = await startGateway();
    const response = await fetch(url + path, sendJson(body));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { status, code } });
  });

  test('says on its index which curl to try', async () => {
    const { url } = await startGateway();
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await response.text();
    expect(text).toContain(`curl -i ${url}/api/hello`);
    expect(text).toContain(`${url}/dashboard`);
  });
});

describe('node demo/gateway.ts', () => {
  afterEach(endCommands);

  test('serves all its routes, logs the races of /api only and ends with code 0 on SIGTERM', async () => {
    const ports = '--port 0 --legacy-port 0 --flaky-port 0';
    const command = startCommand('gateway.ts', `${ports} --max-delay 1 --error-ratio 0 --break-ratio 0`);
    const [, url = ''] = await command.printed(/gateway listens on (http:\/\/localhost:\d+)\.[\s\S]*A full bar/);
    for (const path of ['/', '/legacy/a', '/api/b']) expect((await fetch(url + path)).status).toBe(200);
    await command.printed(/#1 GET \/api\/b -> 200 by http:.*\n( .*\n){4}/);
    expect(command.output()).not.toMatch(/Deprecation|#2/);
    command.kill('SIGTERM');
    expect(await command.exitCode).toBe(0);
  });
});
