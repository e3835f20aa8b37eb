import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../../shared/command.ts';
import { findFreePorts } from '../../shared/free-ports.ts';
import { startProgram } from '../processes/children.ts';
import { type Endpoints, endpointCounts } from './endpoint-kind.ts';
import { nginxConfigOf } from './nginx-config.ts';
import type { Site } from './site.ts';

const startMs = 5_000;

/**
 * Starts nginx with the fast endpoints, plain and over TLS, and waits until it answers.
 * @throws UserError when nginx does not start.
 */
export async function startNginx(site: Site, version: string): Promise<Endpoints> {
  const all = await findFreePorts(endpointCounts.fast + endpointCounts.tls + 1);
  const ports = all.slice(0, endpointCounts.fast);
  const tlsPorts = all.slice(endpointCounts.fast, -1);
  const statusPort = all.at(-1) ?? 0;
  const configFile = path.join(site.folder, 'nginx.conf');
  writeFileSync(configFile, nginxConfigOf({ ...site, ports, tlsPorts, statusPort, version }));

  const nginx = startProgram('nginx', ['-p', site.folder, '-e', 'stderr', '-c', configFile]);
  const readStatus = createStatusReader(statusPort);
  for (const until = performance.now() + startMs; ; await wait(20)) {
    const isReady = await readStatus().then(
      () => true,
      () => false,
    );
    if (isReady) break;
    if (nginx.hasEnded() || performance.now() > until)
      throw new UserError(`nginx does not start: ${nginx.errors()}`, 1);
  }
  return {
    urls: {
      fast: ports.map((port) => `http://127.0.0.1:${port}`),
      tls: tlsPorts.map((port) => `https://127.0.0.1:${port}`),
    },
    acceptedConnections: readStatus,
  };
}

/** Reads `stub_status`, always on one connection, so that looking changes nothing. */
function createStatusReader(port: number): () => Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return () =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent }, async (res) => {
        const accepted = /accepts handled requests\s+(\d+)/.exec(await text(res))?.[1];
        resolve(Number(accepted));
      }).once('error', reject);
    });
}
