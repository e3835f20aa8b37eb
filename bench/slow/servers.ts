import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePorts } from '../../shared/free-ports.ts';
import { type Program, startProgram } from '../processes/children.ts';

/** Proxies in front of the same endpoint, by their names. */
export interface Servers {
  readonly urls: Readonly<Record<'command' | 'nginx', string>>;
  /** Ends them, and removes what they have written. */
  close(): void;
}

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Starts an endpoint, the command and nginx, both with their own defaults. @throws Error when one of them does not start. */
export async function startServers(): Promise<Servers> {
  const [endpoint = 0, command = 0, nginx = 0] = await findFreePorts(3);
  const folder = mkdtempSync(path.join(tmpdir(), 'balancing-reverse-proxy-slow-'));
  const config = path.join(folder, 'nginx.conf');
  writeFileSync(config, nginxConfigFor({ folder, endpoint, port: nginx }));
  const entry = fileOf('../../src/cli/main.ts');
  const flags = ['-endpoints', `http://127.0.0.1:${endpoint}`, '-address', `127.0.0.1:${command}`];
  const programs: ReadonlyArray<readonly [number, Program]> = [
    [endpoint, startProgram(process.execPath, [fileOf('endpoint-process.ts'), String(endpoint)])],
    [command, startProgram(process.execPath, [entry, ...flags, '-log-file', path.join(folder, 'log')])],
    [nginx, startProgram('nginx', ['-p', folder, '-e', 'stderr', '-c', config])],
  ];
  for (const [port, program] of programs) await untilAnswering(port, program);
  return {
    urls: { command: `http://127.0.0.1:${command}`, nginx: `http://127.0.0.1:${nginx}` },
    close: () => {
      for (const [, program] of programs) program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** nginx as Debian installs it, but for more connections than the 768 there, which 1,000 clients use up. */
function nginxConfigFor({
  folder,
  endpoint,
  port,
}: {
  readonly folder: string;
  endpoint: number;
  port: number;
}): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr crit;
worker_processes 1;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  upstream endpoint { server 127.0.0.1:${endpoint}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://endpoint; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`;
}

async function untilAnswering(port: number, program: Program): Promise<void> {
  for (const until = performance.now() + 20_000; ; await wait(50)) {
    if (await isAnswering(port)) return;
    if (program.hasEnded() || performance.now() > until) throw new Error(`no server on ${port}: ${program.errors()}`);
  }
}

function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent: false }, (res) => res.resume().once('end', () => resolve(true))).once(
      'error',
      () => resolve(false),
    );
  });
}
