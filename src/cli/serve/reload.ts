import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../support/message-of.ts';
import type { Configuration } from '../config/configuration.ts';
import { CommandError } from '../flags/command-error.ts';
import type { Log } from '../log/log.ts';
import type { LogSink } from '../log/log-sink.ts';
import { logEndpoints, logWarnings } from './log-configuration.ts';
import type { Reloads } from './reloads.ts';
import type { Service } from './service.ts';

interface ReloadSettings {
  /** Reads the files anew. */
  readonly read: () => Promise<Configuration>;
  readonly sink: LogSink;
  readonly log: Log;
  readonly service: Service;
  /** Has the configuration in use, and is told of each reload. */
  readonly reloads: Reloads;
}

/** Makes a function that opens the log file anew and does nothing else; it never rejects. */
export function reopener({ sink, log }: Pick<ReloadSettings, 'sink' | 'log'>): () => Promise<void> {
  return async () => {
    await attempt(log, 'cannot open the log anew, it goes on where it was', async () => {
      await sink.reopen();
      log('info', 'the log is open anew');
    });
  };
}

/** Makes a function that opens the log file anew and puts the contents of the other files into use; it never rejects. */
export function reloader({ read, sink, log, service, reloads }: ReloadSettings): () => Promise<void> {
  const problem = 'cannot reload, all stays as it was';
  return async () => {
    // First, so that all lines about the reload stand in the new file.
    await attempt(log, problem, () => sink.reopen());
    const isReloaded = await attempt(log, problem, async () => {
      const configuration = await read();
      await service.reload(configuration);
      if (!isDeepStrictEqual(configuration.options, reloads.configuration.options)) logEndpoints(log, configuration);
      logWarnings(log, configuration);
      reloads.succeeded(configuration);
      log('info', 'reloaded');
    });
    if (!isReloaded) reloads.failed();
  };
}

/** Does something that may fail, which is then logged behind the words for the problem. @returns whether it worked. */
async function attempt(log: Log, problem: string, work: () => Promise<void> | void): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const lines = error instanceof CommandError ? error.lines : [messageOf(error)];
    for (const line of lines) log('error', `${problem}: ${line}`);
    return false;
  }
}
