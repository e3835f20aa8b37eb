import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findVersion } from '../../bench/processes/programs.ts';
import { createCertificate } from '../../shared/certificate.ts';
import { gotTransport, nodeTransport, type Transport } from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { fatesOver } from '../e2e/restart-load.ts';
import { isInstalled } from '../helpers/programs.ts';
import { Resources } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Where a server runs: a folder of its own with `cert` and `key`, and a port that was free a moment ago. */
interface Place {
  readonly folder: string;
  readonly port: number;
  readonly isSecure: boolean;
}

/** A program that finishes what is under way with this signal, and writes `seen 7` to `log` for each request. */
interface Program {
  readonly signal: NodeJS.Signals;
  command(place: Place): readonly string[];
}

const nginx: Program = {
  signal: 'SIGQUIT',
  command: (place) => {
    const file = path.join(place.folder, 'nginx.conf');
    writeFileSync(file, nginxConfig(place));
    return ['nginx', '-p', place.folder, '-e', 'stderr', '-c', file];
  },
};

const go: Program = {
  signal: 'SIGTERM',
  command: ({ folder, port, isSecure }) => {
    const program = path.join(folder, 'go-server');
    const source = path.join(import.meta.dirname, 'servers/restarting.go');
    if (!existsSync(program)) execFileSync('go', ['build', '-o', program, source], { stdio: 'pipe' });
    const certificate = isSecure ? [path.join(folder, 'cert'), path.join(folder, 'key')] : [];
    return [program, `127.0.0.1:${port}`, ...certificate];
  },
};

function nginxConfig({ folder, port, isSecure }: Place): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const http2 = (findVersion('nginx') ?? '').localeCompare('1.25.1', undefined, { numeric: true }) < 0 ? 'http2' : '';
  return `
daemon off;
pid ${folder}/pid;
error_log stderr crit;
worker_processes 2;
events { worker_connections 256; }
http {
  log_format seen 'seen $http_x_number';
  access_log ${folder}/log seen;
  ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ${isSecure ? `ssl ${http2}` : ''};
    ${isSecure ? `ssl_certificate ${folder}/cert; ssl_certificate_key ${folder}/key; ${http2 ? '' : 'http2 on;'}` : ''}
    location / { return 200 well; }
  }
}
`;
}

/** A program that can be ended and started again. */
class Restarting {
  readonly #program: Program;
  readonly #place: Place;
  #child: ChildProcess | undefined;

  constructor(program: Program, place: Place) {
    this.#program = program;
    this.#place = place;
  }

  get port(): number {
    return this.#place.port;
  }

  async start(): Promise<this> {
    const [name = '', ...args] = this.#program.command(this.#place);
    const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    child.stdout.on('data', (text) => writeFileSync(path.join(this.#place.folder, 'log'), text, { flag: 'a' }));
    await until(() => listensOn(this.#place.port));
    return this;
  }

  async end(signal = this.#program.signal): Promise<void> {
    const closed = this.#child?.exitCode === null && once(this.#child, 'close');
    this.#child?.kill(signal);
    await closed;
  }

  /** How often each request was seen, by its number. */
  seen(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const line of readFileSync(path.join(this.#place.folder, 'log'), 'utf8').split('\n')) {
      const number = Number(line.slice('seen '.length));
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    return counts;
  }

  async close(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.#place.folder, { recursive: true, force: true });
  }
}

async function listensOn(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const outcome = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return outcome;
}

async function createPlace(isSecure: boolean): Promise<Place> {
  const folder = mkdtempSync(path.join(tmpdir(), 'brp-restarts-'));
  for (const [name, text] of Object.entries(await createCertificate())) writeFileSync(path.join(folder, name), text);
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { folder, port, isSecure };
}

const programs: Readonly<Record<string, Program>> = { nginx, go };

describe.each(Object.entries(programs))('while %s as the only endpoint restarts for 2 s', (name, program) => {
  const isThere = isInstalled(name);
  if (!isThere) console.warn(`${name} is not installed: left out`);
  const testThere = isThere ? test : test.skip;

  testThere.each<[string, boolean, () => Transport]>([
    ['http over got', false, gotTransport],
    ['http over undici', false, undiciTransport],
    ['https over node:http', true, nodeTransport],
    ['https over got', true, gotTransport],
    ['HTTP/2', true, () => gotTransport({ http2: true })],
  ])('none of 50 requests a second fails, and no POST is sent twice: %s', async (_, isSecure, createTransport) => {
    const endpoint = resources.use(await new Restarting(program, await createPlace(isSecure)).start());
    const { port } = endpoint;
    const { url } = await resources.serve({
      endpoints: [`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`],
      retry: { forMs: 5_000 },
      tls: { rejectUnauthorized: false },
      transport: createTransport(),
    });
    const fates = await fatesOver(url, endpoint);
    expect(fates.filter(({ status }) => status !== 200)).toEqual([]);
    const seen = () => endpoint.seen();
    const posts = fates.filter(({ method }) => method === 'POST');
    // A log may be written later than its response.
    await until(() => posts.every(({ number }) => seen().has(number)));
    expect(posts.filter(({ number }) => seen().get(number) !== 1)).toEqual([]);
  });
});
