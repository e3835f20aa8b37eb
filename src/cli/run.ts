import { CommandError } from './flags/command-error.ts';
import { type Environment, isInEnvironment, warningsOf } from './flags/environment.ts';
import { packageVersion } from './flags/package-version.ts';
import { parseFlags } from './flags/parse-flags.ts';
import type { Output, Outputs } from './log/outputs.ts';
import type { Signals } from './signals/signals.ts';

/** Everything that the command takes from the process that it runs in. */
interface Surroundings extends Outputs {
  /** The words behind the command's name. */
  readonly argv: readonly string[];
  /** The variables. */
  readonly env: Environment;
  /** The wishes of whoever sends signals to the process. */
  readonly signals: Signals;
}

/**
 * Runs the command.
 * @returns its exit code.
 */
export async function run(surroundings: Surroundings): Promise<number> {
  try {
    return await answerOrServe(surroundings);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const text = error.lines.map((line) => `balancing-reverse-proxy: ${line}\n`).join('');
    return write(surroundings.stderr, text, error.exitCode);
  }
}

async function answerOrServe({ argv, env, stdout, stderr, signals }: Surroundings): Promise<number> {
  if (argv.length === 0 && !isInEnvironment(env, 'endpoints', 'config')) return write(stderr, await usageText(), 1);
  const flags = parseFlags(argv, env);
  if (flags.values.help) return write(stdout, await usageText(), 0);
  if (flags.values.version) return write(stdout, `balancing-reverse-proxy ${packageVersion()}\n`, 0);
  const warnings = warningsOf(env);
  const outputs = { stdout, stderr };
  // Loading the proxy takes longer than all of the above, and neither the version nor an unknown flag needs it.
  if (flags.values.check) return (await import('./check/check.ts')).runCheck(flags, { outputs, warnings });
  const { serve } = await import('./serve.ts');
  return serve(flags, { env, signals, outputs, warnings });
}

/** The usage, which takes the sentences on options from the proxy. */
async function usageText(): Promise<string> {
  return (await import('./flags/usage.ts')).usage();
}

function write(output: Output, text: string, exitCode: number): number {
  output.write(text);
  return exitCode;
}
