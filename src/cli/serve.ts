import { startAdmin } from './admin/admin.ts';
import { startWorkers } from './cluster/workers.ts';
import { type Configuration, configurationReader } from './config/configuration.ts';
import type { Environment } from './flags/environment.ts';
import type { FlagValues } from './flags/flags.ts';
import { formatBoundAddress, portOfBound } from './flags/kinds/address.ts';
import type { ParsedFlags } from './flags/parse-flags.ts';
import { createLog, formatOf, type Log, lossLine } from './log/log.ts';
import { type LogSink, openLogSink } from './log/log-sink.ts';
import type { Outputs } from './log/outputs.ts';
import { claimAddress } from './serve/address/listen.ts';
import { startLocally } from './serve/local-service.ts';
import { logEndpoints, logWarnings } from './serve/log-configuration.ts';
import { reloader, reopener } from './serve/reload.ts';
import { Reloads } from './serve/reloads.ts';
import type { Service } from './serve/service.ts';
import { longestStopMs, stopService } from './serve/stop.ts';
import type { Signals } from './signals/signals.ts';
import { supervisorOf } from './supervisor/supervisor.ts';

interface ServeSettings {
  readonly env: Environment;
  readonly signals: Signals;
  readonly outputs: Outputs;
  /** Lines that the log begins with. */
  readonly warnings: readonly string[];
}

/** The reason to stop that makes the exit code 1, so that a supervisor which starts failed services again does so. */
const readerGone = 'nobody reads the log';

/**
 * Serves until something asks for a stop, then finishes the requests in flight.
 * @returns the exit code: 0, or 1 when requests had to be cut or nobody reads the log any more.
 * @throws CommandError when it cannot begin, or cannot go on.
 */
export async function serve(flags: ParsedFlags, settings: ServeSettings): Promise<number> {
  const { values } = flags;
  const { signals, outputs } = settings;
  const read = configurationReader(flags);
  const configuration = await read();
  const format = formatOf(values);
  const sink = openLogSink({
    file: values['log-file'],
    outputs,
    tellLoss: (loss, why) => lossLine(format, loss, why),
    onReaderGone: () => signals.stopRequest.stop(readerGone),
  });
  signals.atExit(() => sink.flush());
  try {
    const log = createLog(format, sink.write, values['log-level']);
    return await serveWith({ ...settings, values, read, configuration, sink, log });
  } finally {
    sink.flush();
  }
}

interface Serving extends Omit<ServeSettings, 'outputs'> {
  readonly values: FlagValues;
  /** Reads the files anew. */
  readonly read: () => Promise<Configuration>;
  readonly configuration: Configuration;
  readonly sink: LogSink;
  readonly log: Log;
}

async function serveWith({ env, values, signals, warnings, read, configuration, sink, log }: Serving): Promise<number> {
  const { stopRequest, reloadBy, reopenBy, atExit } = signals;
  const { reason, stopAfter } = stopRequest;
  for (const warning of warnings) log('warn', `warning: ${warning}`);

  reopenBy(reopener({ sink, log }));
  const reloads = new Reloads(configuration);
  const admin = await startAdmin({ reloads, sink, log, atExit });
  const supervisor = supervisorOf(env, log);
  const claim = await claimAddress(values.address, { mode: values['socket-mode'] });
  atExit(() => claim.release());
  const settings = { configuration, log, address: claim.address, onListening: claim.onListening };
  const service = await (values.workers === 1
    ? startLocally(settings)
    : startWorkers({ ...settings, write: sink.write, atExit }));
  await admin.show(service);
  const hasBegun = await Promise.race([service.ready.then(() => true), reason.then(() => false), service.failed]);
  if (hasBegun) {
    logStart(log, { configuration, service });
    supervisor.begin({ status: statusOf(values, service), isAnswering: () => service.isAnswering });
    reloadBy(supervisor.telling(reloader({ read, sink, log, service, reloads })));
    stopAfter(values['stop-after']);
  }
  const why = await Promise.race([reason, service.failed]);
  admin.leave();
  supervisor.stop(longestStopMs(values));
  const exitCode = await stopService({ why, values, log, service, claim });
  await admin.close();
  await supervisor.close();
  return why === readerGone ? 1 : exitCode;
}

/** The service in words for the supervisor. */
function statusOf({ address, workers }: FlagValues, { bound }: Service): string {
  const place = `serving on "${formatBoundAddress(address, bound)}"`;
  return workers === 1 ? place : `${place} with ${workers} workers`;
}

function logStart(
  log: Log,
  { configuration, service }: { readonly configuration: Configuration; readonly service: Service },
): void {
  const { values, certificate } = configuration;
  logEndpoints(log, configuration);
  logWarnings(log, configuration);
  const address = formatBoundAddress(values.address, service.bound);
  const protocol = certificate ? 'https' : 'http';
  log('info', `starting on: "${address}"${certificate ? ' (https)' : ''}`, {
    address,
    ...portOfBound(service.bound),
    protocol,
  });
}
