import { refuseWorkersOfWorkers } from '../cluster/workers.ts';
import { type Configuration, configurationReader } from '../config/configuration.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import { Problems } from '../flags/problems.ts';
import type { Log } from '../log/log.ts';
import type { Outputs } from '../log/outputs.ts';
import { loadMetrics, warnOfMetrics } from '../metrics/load-metrics.ts';
import { logWarnings } from '../serve/log-configuration.ts';
import { describePlan } from './describe-plan.ts';
import { checkLogFile, checkSocket } from './files.ts';

interface CheckSettings {
  readonly outputs: Outputs;
  /** Lines that the log would begin with. */
  readonly warnings: readonly string[];
}

/**
 * Finds out all that a start would stumble over, as far as that takes no network, and says what would run. Warnings go to stderr.
 * @returns the exit code.
 * @throws CommandError with exit code 2 and a line for each problem.
 */
export async function runCheck(flags: ParsedFlags, { outputs, warnings }: CheckSettings): Promise<0> {
  const { values } = flags;
  const { stdout, stderr } = outputs;
  const warn = (line: string) => stderr.write(`balancing-reverse-proxy: ${line}\n`);
  for (const warning of warnings) warn(`warning: ${warning}`);
  const problems = new Problems();
  const configuration = await problems.of(configurationReader(flags));
  await problems.of(() => refuseWorkersOfWorkers(values));
  await problems.of(() => checkSocket('address', flags));
  await problems.of(() => checkSocket('admin', flags));
  await problems.of(() => checkLogFile(flags));
  if (configuration) await warnOf(configuration, (_, line) => warn(line));
  problems.throwAny();
  if (configuration) stdout.write(`OK\n${describePlan(configuration).join('\n')}\n`);
  return 0;
}

/** Logs what a start would warn of. */
async function warnOf(configuration: Configuration, log: Log): Promise<void> {
  if (configuration.values.admin) warnOfMetrics(log, await loadMetrics());
  logWarnings(log, configuration);
}
