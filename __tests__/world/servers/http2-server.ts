import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { until } from '../../helpers/until.ts';
import type { Namespace } from '../net/namespace.ts';
import type { Ability } from '../traffic/mixed-requests.ts';
import type { Site } from './site.ts';

/** Where and how a server is to run. */
export interface ServerPlace {
  readonly namespace: Namespace;
  readonly site: Site;
  /** The address to listen on. */
  readonly host: string;
}

/** A program that speaks HTTP/2 over TLS. */
export interface Http2Server {
  readonly name: string;
  /** What has to be installed. */
  readonly program: string;
  readonly abilities: readonly Ability[];
  /** @returns its port, once it listens. */
  start(place: ServerPlace): Promise<number>;
}

/** Where the origin listens that stands behind servers which serve files only. */
export const originPort = 9_000;

/**
 * Starts a program of which nothing tells when it is ready, and waits until something listens. No two of these may have the
 * same port in a namespace.
 */
export async function startListening(
  { namespace, site }: ServerPlace,
  port: number,
  [program = '', ...args]: readonly string[],
): Promise<number> {
  const child = namespace.spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: site.folder });
  let said = '';
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-1_000);
  });
  await until(() => {
    if (isGone(child)) throw new Error(`${program} does not start: ${said}`);
    return listensOn(namespace, port);
  });
  return port;
}

function isGone({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Whether something listens on a port, on whatever address: what the kernel lists for a process of the namespace. */
function listensOn({ pid }: Namespace, port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'latin1')
      .split('\n')
      .some((line) => {
        const [, local = '', , state] = line.trim().split(/\s+/);
        return local.endsWith(wanted) && state === '0A';
      }),
  );
}
