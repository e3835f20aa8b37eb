import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathOfAll } from './programs.ts';
import { type Resources, request } from './proxy.ts';
import { until } from './until.ts';

/** What nginx serves. */
interface Site {
  /** A folder of the test, for the configuration and all that nginx writes. */
  readonly folder: string;
  /** What stands in `http`, with a server that listens on the port. */
  readonly site: string;
  readonly port: number;
  /** The user of the workers, where nginx is started by root. @default nginx's own */
  readonly user?: string | undefined;
}

/** Starts an nginx, which is stopped after the test. @returns its URL, once it answers. */
export async function startNginxWith(resources: Resources, { folder, site, port, user }: Site): Promise<string> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `${user === undefined ? '' : `user ${user};`} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
     events {}
     http { access_log off; ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
     ${site} }`,
  );
  const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', file], {
    env: { PATH: pathOfAll },
    stdio: 'ignore',
  });
  resources.use({ close: () => stop(child) });
  const url = `http://127.0.0.1:${port}`;
  await until(() =>
    request(url).then(
      () => true,
      () => false,
    ),
  );
  return url;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
