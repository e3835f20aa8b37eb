import { pause, resultWithin } from '../../support/timer.ts';
import type { FlagValues } from '../flags/flags.ts';
import { formatDuration } from '../flags/kinds/duration.ts';
import type { Log } from '../log/log.ts';
import type { Claim } from './address/listen.ts';
import type { Service } from './service.ts';

/** Milliseconds that requests which are cut have for their lines in the log: a worker that hangs writes none. */
const cutMs = 1_000;

/** Milliseconds that a stop takes at most; 0 is no limit. */
export function longestStopMs({ 'shutdown-delay': delayMs, 'shutdown-timeout': timeoutMs }: FlagValues): number {
  return timeoutMs === 0 ? 0 : delayMs + timeoutMs;
}

interface Stop {
  /** The reason, in words for the log. */
  readonly why: string;
  readonly values: FlagValues;
  readonly log: Log;
  readonly service: Service;
  /** The address, which is given back when nobody can connect any more. */
  readonly claim: Claim;
}

/**
 * Stops the service: goes on for `-shutdown-delay`, accepts no more connections, and finishes the requests in flight.
 * @returns the exit code: 1 when requests had to be cut.
 */
export async function stopService(stop: Stop): Promise<0 | 1> {
  await leave(stop);
  return finish(stop);
}

/** Goes on for a while, so that load balancers take note before connections are refused. */
async function leave({ why, values, log, service }: Stop): Promise<void> {
  const delayMs = values['shutdown-delay'];
  if (delayMs === 0) return;
  service.leave();
  log('info', `leaving (${why}): requests are accepted for another ${formatDuration(delayMs)}`);
  await pause(delayMs);
}

async function finish({ why, values, log, service, claim }: Stop): Promise<0 | 1> {
  const isWhole = await resultWithin(values['shutdown-timeout'], async () => {
    await service.refuse();
    claim.release();
    // Logged only now, when nobody can connect any more, so that whoever reads the line may rely on it.
    log('info', `stopping (${why}): finishing the requests in flight`);
    return service.finish();
  });
  if (isWhole) {
    log('info', 'stopped');
    return 0;
  }
  if (isWhole === undefined) await resultWithin(cutMs, () => service.cut());
  const when = isWhole === undefined ? `after ${formatDuration(values['shutdown-timeout'])}` : 'as a worker failed';
  log('error', `requests in flight were cut ${when}`);
  return 1;
}
