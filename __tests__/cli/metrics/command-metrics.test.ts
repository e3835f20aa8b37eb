import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { WebSocket } from 'ws';
import { createCertificate } from '../../../shared/certificate.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { until } from '../../helpers/until.ts';
import { startEcho } from '../../helpers/upgrades.ts';
import { complaintsOf, testWithPromtool } from '../../observers/metrics/promtool.ts';
import { startLocally } from '../command.ts';
import { temporaryFile, write } from '../files.ts';
import { metricIn } from '../metrics.ts';
import { answerTo, certificateFiles, connectHttp2, connectSecurely, portOf } from '../secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const dayMs = 86_400_000;

async function startAdmin(...flags: readonly string[]) {
  const command = startLocally('-admin', '127.0.0.1:0', ...flags);
  const [url, admin] = [await command.url(), await command.adminUrl()];
  return { command, url, admin, metrics: async () => (await request(`${admin}/metrics`)).text };
}

describe('/metrics of the command', () => {
  test('tells of the process', async () => {
    const { metrics } = await startAdmin('-e', 'http://a.example');
    const text = await metrics();
    const worker = '0';
    expect(metricIn(text, 'process_cpu_seconds_total', { worker })).toBeGreaterThan(0);
    expect(metricIn(text, 'process_resident_memory_bytes', { worker })).toBeGreaterThan(1e7);
    expect(metricIn(text, 'process_start_time_seconds', { worker })).toBeGreaterThan(1.7e9);
    expect(metricIn(text, 'nodejs_eventloop_lag_p99_seconds', { worker })).toBeGreaterThan(0);
    expect(metricIn(text, 'nodejs_version_info', { version: process.version, worker })).toBe(1);
    expect(metricIn(text, 'nodejs_heap_space_size_used_bytes', { space: 'old', worker })).toBeGreaterThan(0);
  });

  test('tells the versions', async () => {
    const { metrics } = await startAdmin('-e', 'http://a.example');
    expect(metricIn(await metrics(), 'balancing_proxy_build_info', { node: process.versions.node })).toBe(1);
  });

  test('tells the processes that serve', async () => {
    const { metrics } = await startAdmin('-e', 'http://a.example');
    const text = await metrics();
    expect(metricIn(text, 'balancing_proxy_workers')).toBe(1);
    expect(text).toContain('balancing_proxy_worker_restarts_total{cause="ended"} 0');
  });

  test('tells the open connections, by protocol', async () => {
    const endpoint = resources.use(await startEcho({}, (_, res) => res.end('hello')));
    const { url, metrics } = await startAdmin('-e', endpoint.url);
    const open = async (protocol: string) =>
      metricIn(await metrics(), 'balancing_proxy_client_connections', { protocol });
    const agents = [1, 2, 3].map(() => new http.Agent({ keepAlive: true }));
    for (const agent of agents) await request(url, { agent });
    const webSocket = new WebSocket(url.replace('http', 'ws'));
    await once(webSocket, 'open');
    expect([await open('http1'), await open('upgraded')]).toEqual([3, 1]);
    for (const agent of agents) agent.destroy();
    webSocket.close();
    await until(async () => (await open('http1')) + (await open('upgraded')), 0);
  });

  test('tells the open connections over TLS, too', async () => {
    const { ca, flags } = await certificateFiles(resources);
    const { command, metrics } = await startAdmin('-e', (await resources.startSaying('hello')).url, ...flags);
    const port = await portOf(command);
    const session = await connectHttp2(resources, port, ca);
    await connectSecurely(resources, port, { ca, ALPNProtocols: ['http/1.1'] });
    expect(await answerTo(session.request())).toMatchObject({ text: 'hello' });
    const open = async (protocol: string) =>
      metricIn(await metrics(), 'balancing_proxy_client_connections', { protocol });
    await until(() => open('http1'), 1);
    expect(await open('http2')).toBe(1);
    session.destroy();
    await until(() => open('http2'), 0);
  });

  test('tells who was turned away', async () => {
    const endpoint = await resources.startHeld();
    const { url, metrics } = await startAdmin('-e', endpoint.url, '-max-connections', '2', '-max-requests', '1');
    const waiting = request(url);
    const held = await endpoint.first;
    expect(await request(url)).toMatchObject({ status: 503 });
    const idle = net.connect(Number(new URL(url).port), '127.0.0.1');
    resources.use({ close: () => idle.destroy() });
    await once(idle, 'connect');
    expect(await request(url)).toMatchObject({ status: 503 });
    const text = await metrics();
    const refused = (limit: string) => metricIn(text, 'balancing_proxy_refused_connections_total', { limit });
    expect([refused('max-connections'), refused('file-descriptors')]).toEqual([1, 0]);
    expect(metricIn(text, 'balancing_proxy_refused_requests_total')).toBe(1);
    held.end('hello');
    expect(await waiting).toMatchObject({ text: 'hello' });
  });

  test('tells how reloads ended', async () => {
    const options = { endpoints: ['http://a.example'] };
    const file = temporaryFile(resources, 'brp.json', options);
    const { command, metrics } = await startAdmin('-config', file);
    const figures = async () => {
      const text = await metrics();
      const reloads = (outcome: string) => metricIn(text, 'balancing_proxy_reloads_total', { outcome });
      return [reloads('succeeded'), reloads('failed'), metricIn(text, 'balancing_proxy_last_reload_successful')];
    };
    const loadedAt = async () => metricIn(await metrics(), 'balancing_proxy_last_reload_success_timestamp_seconds');
    const startedAt = await loadedAt();
    expect(startedAt * 1_000).toBeGreaterThan(Date.now() - 60_000);
    expect(await figures()).toEqual([0, 0, 1]);

    write(file, '{');
    command.signal('SIGHUP');
    await command.line(/cannot reload/);
    expect(await figures()).toEqual([0, 1, 0]);
    expect(await loadedAt()).toBe(startedAt);

    write(file, options);
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    expect(await figures()).toEqual([1, 1, 1]);
    expect(await loadedAt()).toBeGreaterThan(startedAt);
  });

  test('tells when the certificate expires, after a reload that of the new one', async () => {
    const certificateFor = (days: number) =>
      createCertificate('a.example', {
        notBeforeDate: new Date(Date.now() - 90 * dayMs),
        notAfterDate: new Date(Date.now() + days * dayMs),
      });
    const before = await certificateFor(5);
    const [cert, key] = [temporaryFile(resources, 'c.pem', before.cert), temporaryFile(resources, 'k.pem', before.key)];
    const { command, metrics } = await startAdmin('-e', 'http://a.example', '-tls-cert', cert, '-tls-key', key);
    const leftDays = async () => {
      const labels = { flag: 'tls-cert' };
      const expiry = metricIn(await metrics(), 'balancing_proxy_certificate_expiry_timestamp_seconds', labels);
      return Math.round(expiry / 86_400 - Date.now() / dayMs);
    };
    expect(await command.line(/certificate/)).toMatch(`warning: the certificate in ${cert} expires in 4 days, on `);
    expect(await leftDays()).toBe(5);

    const after = await certificateFor(400);
    write(cert, after.cert);
    write(key, after.key);
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    expect(await leftDays()).toBe(400);
    expect(command.lines.filter((line) => line.includes('certificate in'))).toHaveLength(1);
  });

  test('tells when the certificate for endpoints expires', async () => {
    const notAfterDate = new Date(Date.now() + 50 * dayMs);
    const { cert, key } = await createCertificate('a.example', { notAfterDate });
    const files = [temporaryFile(resources, 'c.pem', cert), temporaryFile(resources, 'k.pem', key)] as const;
    const flags = ['-tls-client-cert', files[0], '-tls-client-key', files[1]];
    const { metrics } = await startAdmin('-e', 'https://a.example', ...flags);
    const labels = { flag: 'tls-client-cert' };
    const expiry = metricIn(await metrics(), 'balancing_proxy_certificate_expiry_timestamp_seconds', labels);
    expect(expiry).toBe(Math.floor(notAfterDate.getTime() / 1_000));
  });

  test('tells of no certificate where there is none', async () => {
    const { metrics } = await startAdmin('-e', 'http://a.example');
    expect(await metrics()).not.toMatch(/^balancing_proxy_certificate_expiry_timestamp_seconds/m);
  });

  testWithPromtool('has nothing that promtool finds wrong', async () => {
    const { cert, key } = await createCertificate();
    const files = [temporaryFile(resources, 'cert.pem', cert), temporaryFile(resources, 'key.pem', key)] as const;
    const { metrics } = await startAdmin('-e', 'http://a.example', '-tls-cert', files[0], '-tls-key', files[1]);
    expect(complaintsOf(['check', 'metrics'], await metrics())).toBe('');
  });
});
