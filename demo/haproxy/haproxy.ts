import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../shared/command.ts';
import { findFreePorts } from '../../shared/free-ports.ts';

/** A HAProxy that runs. */
export interface Haproxy {
  readonly url: string;
  /**
   * Resolves when HAProxy sees a server in this state.
   * @throws UserError when it does not within 10 s, is not installed or did not start.
   */
  sees(server: string, state: 'UP' | 'DOWN'): Promise<void>;
  stop(): void;
}

const portNames = ['frontend', 'statistics', 'one', 'oneAdmin', 'two', 'twoAdmin'] as const;

/** The ports that HAProxy and the two instances listen on. */
export type HaproxyPorts = Readonly<Record<(typeof portNames)[number], number>>;

const configuration = fileURLToPath(new URL('./haproxy.cfg', import.meta.url));

/** The path with the folders in which Debian and others have HAProxy, which are not on everybody's path. */
const systemPath = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** Finds a free port for each name. */
export async function findHaproxyPorts(): Promise<HaproxyPorts> {
  const ports = await findFreePorts(portNames.length);
  return Object.fromEntries(portNames.map((name, index) => [name, ports[index]])) as HaproxyPorts;
}

/**
 * Starts HAProxy with the configuration beside this file. A failure to start is told by {@link Haproxy.sees}.
 * @param certificate the file with the certificate that the instances show.
 */
export function startHaproxy(
  { frontend, statistics, one, oneAdmin, two, twoAdmin }: HaproxyPorts,
  certificate: string,
): Haproxy {
  const env = {
    PATH: systemPath,
    CERTIFICATE: certificate,
    FRONTEND: `127.0.0.1:${frontend}`,
    STATISTICS: `127.0.0.1:${statistics}`,
    ONE: `127.0.0.1:${one}`,
    ONE_ADMIN: String(oneAdmin),
    TWO: `127.0.0.1:${two}`,
    TWO_ADMIN: String(twoAdmin),
  };
  const child = spawn('haproxy', ['-db', '-f', configuration], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const failed = Promise.race([
    once(child, 'error').then(([error]) => notInstalled(error)),
    once(child, 'exit').then(([code]) => new UserError(`haproxy ended with ${code}: ${said}`, 1)),
  ]);
  const stateOf = async (server: string) =>
    stateIn(await (await fetch(`http://127.0.0.1:${statistics}/;csv`)).text(), server);
  const sees: Haproxy['sees'] = async (server, state) => {
    for (const giveUpAt = Date.now() + 10_000; Date.now() < giveUpAt; ) {
      const seen = await Promise.race([stateOf(server).catch(() => 'nothing'), failed]);
      if (seen instanceof Error) throw seen;
      if (seen === state) return;
    }
    throw new UserError(`haproxy does not see instance ${server} ${state} within 10 s: ${said}`, 1);
  };
  return { url: `http://127.0.0.1:${frontend}`, sees, stop: () => void child.kill() };
}

function notInstalled(error: NodeJS.ErrnoException): UserError {
  const advice = error.code === 'ENOENT' ? 'it is not installed; on Debian: apt-get install haproxy' : error.message;
  return new UserError(`haproxy cannot be started: ${advice}`, 1);
}

/** The state of a server in the statistics, which are CSV with a commented line of names. */
function stateIn(csv: string, server: string): string | undefined {
  const [names = [], ...rows] = csv.split('\n').map((line) => line.replace(/^# /, '').split(','));
  const row = rows.find(
    (cells) => cells[names.indexOf('pxname')] === 'proxies' && cells[names.indexOf('svname')] === server,
  );
  // "UP 1/2" is on its way down, and still gets requests.
  return row?.[names.indexOf('status')];
}
