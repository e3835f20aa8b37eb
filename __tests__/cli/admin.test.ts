import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import net from 'node:net';
import { createCertificate } from '../../shared/certificate.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { Command, type Running, runLocally, start, startLocally } from './command.ts';
import { bareCommand, temporaryFile, write } from './files.ts';
import { metricIn } from './metrics.ts';
import { watch } from './watch.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Starts a command with an admin port, and waits until it listens on both. */
async function startAdmin<C extends Running>(
  startCommand: (...flags: readonly string[]) => C,
  ...flags: readonly string[]
) {
  const command = startCommand('-admin', '127.0.0.1:0', ...flags);
  return { command, url: await command.url(), admin: await command.adminUrl() };
}

describe('-admin', () => {
  test.each([
    ['GET', '/healthz', 200, 'ok\n'],
    ['GET', '/healthz?probe', 200, 'ok\n'],
    ['HEAD', '/healthz', 200, ''],
    ['GET', '/readyz', 200, 'ready\n'],
    ['HEAD', '/readyz', 200, ''],
    ['GET', '/', 302, '302 Found\n'],
    ['GET', '/other', 404, '404 Not Found\n'],
    ['GET', '/healthz/', 404, '404 Not Found\n'],
    ['POST', '/healthz', 405, '405 Method Not Allowed\n'],
    ['DELETE', '/metrics', 405, '405 Method Not Allowed\n'],
  ])('answers %s %s with %d', async (method, path, status, text) => {
    const { admin } = await startAdmin(startLocally, '-e', 'http://a.example');
    const { headers, ...answer } = await request(admin + path, { method });
    expect(answer).toMatchObject({ status, text });
    expect(headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
    expect(headers.location).toBe(status === 302 ? '/dashboard/' : undefined);
  });

  test.each([
    ['text', / admin on: "127\.0\.0\.1:[1-9]\d*"$/],
    ['json', /"message":"admin on: \\"127\.0\.0\.1:\d+\\"","address":"127\.0\.0\.1:\d+","port":[1-9]\d*}$/],
  ])('logs its address as %s', async (format, line) => {
    const { command } = await startAdmin(startLocally, '-e', 'http://a.example', '-log-format', format);
    expect(await command.line(/admin on/)).toMatch(line);
  });

  test('is on a port of its own, of which clients see nothing', async () => {
    const { url, admin } = await startAdmin(startLocally, '-e', (await resources.startSaying('hello')).url);
    expect(await request(`${url}/healthz`)).toMatchObject({ status: 200, text: 'hello' });
    expect((await request(`${admin}/path`)).status).toBe(404);
  });

  test('says that it is ready though no endpoint is', async () => {
    const { url, admin } = await startAdmin(startLocally, '-e', await refusedUrl());
    expect(await request(url)).toMatchObject({ status: 502 });
    expect(await request(`${admin}/readyz`)).toMatchObject({ status: 200 });
  });

  test('speaks http where clients speak https', async () => {
    const { cert, key } = await createCertificate();
    const files = [temporaryFile(resources, 'cert.pem', cert), temporaryFile(resources, 'key.pem', key)] as const;
    const { admin } = await startAdmin(
      startLocally,
      '-e',
      'http://a.example',
      '-tls-cert',
      files[0],
      '-tls-key',
      files[1],
    );
    expect(await request(`${admin}/healthz`)).toMatchObject({ status: 200 });
  });

  test('on an address in use fails with one line', async () => {
    const { port } = await resources.startSaying('taken');
    const { exitCode, stderr } = await runLocally(
      '-e',
      'http://a.example',
      '-address',
      ':0',
      '-admin',
      `127.0.0.1:${port}`,
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^balancing-reverse-proxy: cannot listen on the address of -admin: .*in use.*:${port}\\n$`),
    );
  });

  test('bears clients that make no sense or leave', async () => {
    const { command, admin } = await startAdmin(startLocally, '-e', 'http://a.example');
    for (const path of ['/metrics', '/dashboard/events', '/dashboard/%', '/%', '//', '/dashboard/../..', '*']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const client = http.request(admin, { path, method, agent: false, headers: { 'Content-Length': 5 } });
        client.on('error', () => {}).write('x');
        await once(client, 'response').catch(() => {});
        client.destroy();
      }
    }
    expect(await request(`${admin}/healthz`)).toMatchObject({ status: 200 });
    expect(command.lines.filter((line) => line.includes('admin:'))).toEqual([]);
  });
});

describe('/metrics', () => {
  test('counts requests, and goes on over a reload', async () => {
    const [a, b] = [await resources.startSaying('a'), await resources.startSaying('b')];
    const file = temporaryFile(resources, 'brp.json', { endpoints: [a.url] });
    const { command, url, admin } = await startAdmin(start, '-config', file);
    const total = async (labels: Record<string, string> = {}) =>
      metricIn((await request(`${admin}/metrics`)).text, 'balancing_proxy_requests_total', labels);
    for (let i = 0; i < 3; i++) await request(url);
    await command.line(/request 3 GET \/ served/);
    expect(await total({ outcome: 'served' })).toBe(3);

    write(file, { endpoints: [b.url] });
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    for (let i = 0; i < 2; i++) await request(url);
    await command.line(/request 5 GET \/ served/);
    expect(await total()).toBe(5);
    const { text, headers } = await request(`${admin}/metrics`);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metricIn(text, 'balancing_proxy_wins_total', { endpoint: a.url })).toBe(3);
    expect(metricIn(text, 'balancing_proxy_wins_total', { endpoint: b.url })).toBe(2);
    // Each endpoint that is in use is in one state, and no other endpoint in any.
    expect(metricIn(text, 'balancing_proxy_endpoint_state', { endpoint: b.url })).toBe(1);
    expect(metricIn(text, 'balancing_proxy_endpoint_state', { endpoint: a.url })).toBe(0);
  });

  test('without prom-client says what to install, and all else works', async () => {
    const entry = bareCommand(resources);
    const args = ['-e', 'http://a.example', '-address', '127.0.0.1:0', '-admin', '127.0.0.1:0'];
    const command = new Command(args, { entry });
    const admin = await command.adminUrl();
    await command.url();
    expect(await command.line(/warning/)).toMatch(/warning: .*npm install prom-client$/);
    expect(await request(`${admin}/metrics`)).toMatchObject({
      status: 501,
      text: expect.stringContaining('npm install prom-client'),
    });
    expect(await request(`${admin}/readyz`)).toMatchObject({ status: 200 });
    expect(await request(`${admin}/dashboard/`)).toMatchObject({ status: 200 });
  });
});

describe('/dashboard/', () => {
  test('is the page with all that it needs', async () => {
    const { admin } = await startAdmin(startLocally, '-e', 'http://a.example');
    const page = await request(`${admin}/dashboard/`);
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    const [, script] = /src="([^"]+\.js)"/.exec(page.text) ?? [];
    expect((await request(new URL(script ?? '', `${admin}/dashboard/`).href)).status).toBe(200);
    const { status, headers } = await request(`${admin}/dashboard?x`);
    expect(new URL(headers.location ?? '', `${admin}/dashboard`).pathname).toBe('/dashboard/');
    expect(status).toBe(302);
    expect((await request(`${admin}/dashboard/missing`)).status).toBe(404);
  });

  test('shows what happens, over a reload too', async () => {
    const [a, b] = [await resources.startSaying('a'), await resources.startSaying('b')];
    const file = temporaryFile(resources, 'brp.json', { endpoints: [a.url] });
    const { command, url, admin } = await startAdmin(startLocally, '-config', file);
    const viewer = resources.use(await watch(admin));
    await until(() => viewer.frame?.endpoints[0]?.name, a.url);
    await request(`${url}/one`);
    await until(() => viewer.frame?.endpoints[0]?.totals.wins, 1);
    write(file, { endpoints: [b.url, a.url], strategy: 'failover' });
    command.signal('SIGHUP');
    await until(() => viewer.frame?.endpoints.length, 2);
    await request(`${url}/two`);
    await until(() => viewer.frame?.endpoints[0]?.totals.wins, 1);
    expect(viewer.frame?.endpoints).toMatchObject([
      { name: b.url, totals: { wins: 1 } },
      { name: a.url, totals: { wins: 1 } },
    ]);
    expect(viewer.paths).toEqual(['/one', '/two']);
  });

  test.each([
    ['with', ['-admin-actions'], 200, 'b'],
    ['without', [], 404, 'a'],
  ])('%s -admin-actions may drain an endpoint or not', async (_, flags, status, text) => {
    const [a, b] = [await resources.startSaying('a'), await resources.startSaying('b')];
    const options = { endpoints: [a.url, b.url], strategy: 'failover' };
    const file = temporaryFile(resources, 'brp.json', options);
    const { command, url, admin } = await startAdmin(startLocally, '-config', file, ...flags);
    const path = `/dashboard/endpoints/${encodeURIComponent(a.url)}`;
    const settings = { method: 'POST', headers: { origin: admin } };
    expect(await request(`${admin}${path}/drain`, settings)).toMatchObject({ status });
    expect(await request(url)).toMatchObject({ text });
    if (status !== 200) return;
    expect(await command.line(/is drained/)).toMatch(`endpoint 0 "${a.url}" is drained`);
    write(file, { ...options, exposeEndpoint: true });
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    expect(await request(url)).toMatchObject({ text: 'b', headers: { 'x-served-by': b.url } });
    expect(await request(`${admin}${path}/restore`, settings)).toMatchObject({ status: 200 });
    expect(await request(url)).toMatchObject({ text: 'a' });
  });
});

describe('the end', () => {
  test('is announced by /readyz at once, and the admin port goes last', async () => {
    const endpoint = await resources.startHeld();
    const { command, url, admin } = await startAdmin(start, '-e', endpoint.url);
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });
    await request(`${admin}/healthz`, { agent });
    const silent = net.connect(Number(new URL(admin).port), '127.0.0.1').on('error', () => {});
    resources.use({ close: () => silent.destroy() });
    await once(silent, 'connect');
    const viewer = resources.use(await watch(admin));
    const response = request(url);
    const held = await endpoint.first;
    command.signal('SIGTERM');
    await command.line(/stopping/);
    expect(await request(`${admin}/readyz`, { agent })).toMatchObject({ status: 503, text: 'stopping\n' });
    expect(await request(`${admin}/healthz`, { agent })).toMatchObject({ status: 200 });
    expect(await request(`${admin}/metrics`, { agent })).toMatchObject({ status: 200 });
    held.end('hello');
    expect(await response).toMatchObject({ text: 'hello' });
    // Neither the stream nor a connection delays it, kept or never used.
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await viewer.ended).toBe(true);
  });

  test('comes -shutdown-delay later, while requests are accepted and clients are told to leave', async () => {
    const endpoint = await resources.startHeld();
    const { command, url, admin } = await startAdmin(start, '-e', endpoint.url, '-shutdown-delay', '1s');
    const early = http.get(url, { agent: new http.Agent({ keepAlive: true }) });
    const held = await endpoint.first;
    command.signal('SIGTERM');
    expect(await command.line(/leaving/)).toMatch(/leaving \(SIGTERM\): requests are accepted for another 1s$/);
    expect(await request(`${admin}/readyz`)).toMatchObject({ status: 503 });
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });
    // The early request was sent before, but its answer comes now.
    held.end('hello');
    const [res] = (await once(early, 'response')) as [IncomingMessage];
    expect(res.headers.connection).toBe('close');
    res.resume();
    const late = request(url, { agent });
    expect(await command.line(/stopping/)).toMatch(/stopping \(SIGTERM\): finishing the requests in flight$/);
    await expect(request(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    command.signal('SIGTERM');
    await expect(late).rejects.toThrow();
    expect(await command.ended).toMatchObject({ exitCode: 143 });
  });

  test('with -shutdown-delay serves those who come meanwhile', async () => {
    const { command, url } = await startAdmin(
      start,
      '-e',
      (await resources.startSaying('hello')).url,
      '-shutdown-delay',
      '300ms',
    );
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });
    await request(url, { agent });
    command.signal('SIGTERM');
    await command.line(/leaving/);
    for (const settings of [{ agent }, {}]) {
      const headers = { connection: 'close' };
      expect(await request(url, settings)).toMatchObject({ status: 200, text: 'hello', headers });
    }
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('comes at once for who repeats the signal during -shutdown-delay', async () => {
    const { command } = await startAdmin(start, '-e', 'http://a.example', '-shutdown-delay', '1h');
    command.signal('SIGINT');
    await command.line(/leaving/);
    void command.insist('SIGINT');
    expect(await command.ended).toMatchObject({ exitCode: 130 });
  });
});
