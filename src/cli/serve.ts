import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BalancingProxy } from '../index.ts';
import { formatBoundAddress, type ListenAddress } from './address.ts';
import { CommandError } from './command-error.ts';
import { Connections } from './connections.ts';
import { formatDuration } from './duration.ts';
import type { FlagValues } from './flags.ts';
import { createLog, jsonFormat, type Log, type LogFormat, textFormat } from './log.ts';
import { openLogSink } from './log-sink.ts';
import type { ParsedFlags } from './parse-flags.ts';
import { createProxy } from './proxy-options.ts';
import { requestLog } from './request-log.ts';
import { callAfter, watchForStop } from './stop-request.ts';

/**
 * Serves until something asks for a stop, then finishes the requests in flight.
 * @returns the exit code: 0, or 1 when requests had to be cut.
 * @throws CommandError when it cannot begin.
 */
export async function serve(flags: ParsedFlags): Promise<number> {
  const { values } = flags;
  const proxy = await createProxy(flags);
  const { reason, stop, stopAfter } = watchForStop();
  const write = openLogSink(values['log-file'], () => stop('nobody reads the log'));
  const log = createLog(formatOf(values), write);

  const server = http.createServer(proxy).on('upgrade', proxy.upgrade);
  const connections = new Connections(server);
  const bound = await listen(server, values.address);
  server.on('error', (error) => log('error', `server: ${error.message}`));
  logStart(log, { proxy, values, bound });
  stopAfter(values['stop-after']);

  const why = await reason;
  const finishing = within(values['shutdown-timeout'], async () => {
    await connections.close();
    await proxy.close();
  });
  // Said only now, when nobody can connect any more: whoever reads it may rely on it.
  log('info', `stopping (${why}): finishing the requests in flight`);
  const isFinished = await finishing;
  if (isFinished) log('info', 'stopped');
  else log('error', `requests in flight were cut after ${formatDuration(values['shutdown-timeout'])}`);
  return isFinished ? 0 : 1;
}

function logStart(
  log: Log,
  { proxy, values, bound }: { proxy: BalancingProxy; values: FlagValues; bound: AddressInfo },
): void {
  const endpoints = proxy.endpoints.map(({ name }) => name);
  for (const [index, endpoint] of endpoints.entries()) {
    log('info', `configuring endpoint ${index}: "${endpoint}"`, { endpoint });
  }
  if (values.insecure) log('warn', 'warning: -insecure is on, certificates of endpoints are not verified');
  const address = formatBoundAddress(values.address, bound);
  log('info', `starting on: "${address}"`, { address, port: bound.port });
  proxy.subscribe(requestLog(log, endpoints));
}

function formatOf(values: FlagValues): LogFormat {
  const prefix = values['log-prefix'];
  if (values['log-format'] === 'json') return jsonFormat(prefix);
  return textFormat({
    prefix,
    date: values['log-date'],
    time: values['log-time'],
    milliseconds: values['log-msec'],
    utc: values['log-utc'],
  });
}

function listen(server: Server, { host, port }: ListenAddress): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(new CommandError(1, `cannot listen: ${error.message}`));
    server.once('error', onError);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', onError);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Whether the work was done within this time; 0 is no limit. */
async function within(limitMs: number, work: () => Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const cancel = limitMs === 0 ? undefined : callAfter(limitMs, () => late.resolve(false));
  const isDone = await Promise.race([work().then(() => true), late.promise]);
  cancel?.();
  return isDone;
}
