import http from 'node:http';
import { pause } from '../../support/timer.ts';
import type { FlagValues } from '../flags/flags.ts';
import { formatBoundAddress, type ListenAddress, portOfBound } from '../flags/kinds/address.ts';
import type { Log } from '../log/log.ts';
import type { LogSink } from '../log/log-sink.ts';
import { loadMetrics, warnOfMetrics } from '../metrics/load-metrics.ts';
import { claimAddress, listenOn } from '../serve/address/listen.ts';
import { Connections } from '../serve/clients/connections.ts';
import type { Reloads } from '../serve/reloads.ts';
import type { Service } from '../serve/service.ts';
import type { Signals } from '../signals/signals.ts';
import { KnownHosts } from './known-hosts.ts';
import { AdminRoutes } from './routes.ts';

/** Milliseconds that the last answers may take when the command ends. */
const lastAnswersMs = 500;

/** The port for those who look after the command: health, metrics and dashboard. */
interface Admin {
  /** Has the port tell of this service from now on. */
  show(service: Service): Promise<void>;
  /** Has `/readyz` say from now on that no more requests are wanted. */
  leave(): void;
  /** Ends the streams, and resolves when the last answers are sent or half a second is over: the process ends then. */
  close(): Promise<void>;
}

interface AdminSettings {
  /** Has the configuration in use, for what `/metrics` tells of it. */
  readonly reloads: Reloads;
  /** Has the lines of the log that were lost. */
  readonly sink: Pick<LogSink, 'lost'>;
  readonly log: Log;
  readonly atExit: Signals['atExit'];
}

/** Stands for the port where `-admin` names none. */
const noAdmin: Admin = { async show() {}, leave() {}, async close() {} };

/**
 * Listens on the address of `-admin`, if it names one.
 * @throws CommandError with exit code 1 when that is not possible.
 */
export async function startAdmin({ reloads, sink, log, atExit }: AdminSettings): Promise<Admin> {
  const { values } = reloads.configuration;
  const { admin: address } = values;
  if (!address) return noAdmin;
  const metrics = await loadMetrics();
  warnOfMetrics(log, metrics);
  const hosts = knownHosts(address, values);
  const routes = new AdminRoutes({ metrics, allowActions: values['admin-actions'], hosts, reloads, sink, log });
  const server = http.createServer((req, res) => routes.serve(req, res));
  const connections = new Connections(server);
  const problem = 'cannot listen on the address of -admin';
  const claim = await claimAddress(address, { mode: values['socket-mode'], problem });
  // The process may end without close(): by a second signal, or because it cannot listen for clients.
  atExit(() => claim.release());
  const bound = await listenOn(server, claim.address, problem);
  claim.onListening();
  server.on('error', (error) => log('error', `admin: ${error.message}`));
  const shown = formatBoundAddress(address, bound);
  log('info', `admin on: "${shown}"`, { address: shown, ...portOfBound(bound) });
  return {
    show: (service) => routes.show(service),
    leave: () => routes.leave(),
    async close() {
      routes.close();
      connections.refuse();
      claim.release();
      await Promise.race([connections.finish(lastAnswersMs), pause(lastAnswersMs)]);
    },
  };
}

/** The names under which the port may be asked; undefined for a Unix socket, at which no browser can be led by a name. */
function knownHosts(address: ListenAddress, values: FlagValues): KnownHosts | undefined {
  if ('path' in address) return undefined;
  return new KnownHosts([...values['admin-hosts'], ...(address.host === undefined ? [] : [address.host])]);
}
