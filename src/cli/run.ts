import { readFileSync } from 'node:fs';
import { CommandError } from './flags/command-error.ts';
import { isInEnvironment, warningsOf } from './flags/environment.ts';
import { parseFlags } from './flags/parse-flags.ts';
import { usage } from './flags/usage.ts';
import type { Signals } from './signals/signals.ts';

/**
 * Runs the command.
 * @param argv what stands behind its name.
 * @returns its exit code.
 */
export async function run(argv: readonly string[], signals: Signals): Promise<number> {
  try {
    return await answerOrServe(argv, signals);
  } catch (error) {
    return explain(error);
  }
}

async function answerOrServe(argv: readonly string[], signals: Signals): Promise<number> {
  const { env } = process;
  if (argv.length === 0 && !isInEnvironment(env, 'endpoints', 'config')) return write(process.stderr, usage(), 1);
  const flags = parseFlags(argv, env);
  if (flags.values.help) return write(process.stdout, usage(), 0);
  if (flags.values.version) return write(process.stdout, `balancing-reverse-proxy ${packageVersion()}\n`, 0);
  // Loading the proxy takes longer than all of the above, and usage and errors need none of it.
  const { serve } = await import('./serve.ts');
  return serve(flags, { signals, warnings: warningsOf(env) });
}

function write(output: NodeJS.WriteStream, text: string, exitCode: number): number {
  output.write(text);
  return exitCode;
}

function packageVersion(): string {
  // Two levels up both from src/cli and from dist/cli.
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

/** Explains what ended the command early. @returns the exit code. */
function explain(error: unknown): number {
  if (!(error instanceof CommandError)) throw error;
  const text = error.lines.map((line) => `balancing-reverse-proxy: ${line}\n`).join('');
  return write(process.stderr, text, error.exitCode);
}
