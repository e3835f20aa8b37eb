import { spawnSync } from 'node:child_process';

/** The version of a program that says it with `-v`; undefined when the program is not there. */
export function findVersion(program: 'nginx' | 'wrk'): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' });
  return error ? undefined : (/\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? '0.0.0');
}
