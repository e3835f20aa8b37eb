import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findVersion } from '../../bench/processes/programs.ts';
import { createCertificate } from '../../shared/certificate.ts';
import { type BalancingProxyOptions, gotTransport } from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { contentOf, endOf, sha256 } from '../e2e/mirror.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const version = findVersion('nginx');
const content = contentOf(5_000_000);

/** nginx, which listens on sockets of its folder. */
interface RunningNginx {
  readonly plainSocket: string;
  readonly tlsSocket: string;
  stop(): Promise<void>;
}

async function startNginx(): Promise<RunningNginx> {
  const folder = mkdtempSync(path.join(tmpdir(), 'brp-nginx-'));
  const [plainSocket, tlsSocket] = [path.join(folder, 'plain'), path.join(folder, 'tls')];
  const { cert, key } = await createCertificate();
  for (const [name, bytes] of Object.entries({ cert, key, file: content }))
    writeFileSync(path.join(folder, name), bytes);
  writeFileSync(path.join(folder, 'nginx.conf'), configOf(folder, { plainSocket, tlsSocket }));
  const child: ChildProcess = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', path.join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(() => existsSync(plainSocket) && existsSync(tlsSocket));
  return {
    plainSocket,
    tlsSocket,
    stop: async () => {
      child.kill();
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(folder: string, { plainSocket, tlsSocket }: Pick<RunningNginx, 'plainSocket' | 'tlsSocket'>): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  root ${folder};
  server {
    listen unix:${plainSocket};
    listen unix:${tlsSocket} ssl http2;
    ssl_certificate ${folder}/cert;
    ssl_certificate_key ${folder}/key;
    location /packed { alias ${folder}/file; gzip on; gzip_types *; gzip_proxied any; }
  }
}
`;
}

/** A connection to nginx that is cut off after so many bytes, with a reset. */
async function startCutter(socketPath: string, bytes: number): Promise<number> {
  const server = net.createServer((client) => {
    const upstream = net.connect(socketPath);
    let left = bytes;
    client.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('error', () => {}).on('close', () => client.end());
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left >= 0) client.write(chunk);
      else client.resetAndDestroy();
    });
  });
  return (await resources.listen(server)).port;
}

(version === undefined ? describe.skip : describe)('files of nginx over connections that are cut off', () => {
  let nginx: RunningNginx;
  beforeAll(async () => {
    nginx = await startNginx();
  });
  afterAll(() => nginx?.stop());

  const protocols = [
    { name: 'HTTP/1.1 by got', isTls: false, transport: () => gotTransport() },
    { name: 'HTTP/1.1 by undici', isTls: false, transport: () => undiciTransport() },
    { name: 'HTTP/2', isTls: true, transport: () => gotTransport({ http2: true }) },
  ];
  const serve = async ({ isTls, transport }: (typeof protocols)[number], options: Partial<BalancingProxyOptions>) => {
    const endpoints: string[] = [];
    for (const bytes of [1_500_000, 1_000_000, 2_000_000, Infinity]) {
      const port = await startCutter(isTls ? nginx.tlsSocket : nginx.plainSocket, bytes);
      endpoints.push(`${isTls ? 'https' : 'http'}://127.0.0.1:${port}`);
    }
    return resources.serve({
      endpoints,
      strategy: 'failover',
      transport: transport(),
      tls: { rejectUnauthorized: false },
      ...options,
    });
  };

  describe.each(protocols)('over $name', (protocol) => {
    test.each<[string, Record<string, string>, number, number, number]>([
      ['all', {}, 200, 0, 5_000_000],
      ['what is behind a byte', { Range: 'bytes=1000-' }, 206, 1_000, 5_000_000],
      ['what is between two', { Range: 'bytes=1000-4500000' }, 206, 1_000, 4_500_001],
      ['the last bytes', { Range: 'bytes=-4000000' }, 206, 1_000_000, 5_000_000],
    ])('arrive whole by range: %s', async (_, headers, status, first, end) => {
      const served = await serve(protocol, {});
      const received = await request(`${served.url}/file`, { headers });
      expect([received.status, sha256(received.body)]).toEqual([status, sha256(content.subarray(first, end))]);
      expect((await endOf(served)).resumes).toBeGreaterThan(0);
    });

    test('arrive whole by replay, where they are packed on their way', async () => {
      const served = await serve(protocol, { resume: 'replay' });
      const { headers, body } = await request(`${served.url}/packed`, { headers: { 'Accept-Encoding': 'gzip' } });
      expect([headers['content-length'], headers.etag?.slice(0, 3)]).toEqual([undefined, 'W/"']);
      expect(sha256(gunzipSync(body))).toBe(sha256(content));
      expect((await endOf(served)).resumes).toBeGreaterThan(0);
    });
  });
});
