import { fileURLToPath } from 'node:url';
import { runProgram } from '../processes/children.ts';
import { connections, type LoadOptions, type LoadOutcome } from './load.ts';
import { parseWrkOutput } from './wrk-output.ts';

const postScript = fileURLToPath(new URL('./post.lua', import.meta.url));

/** Loads a proxy with wrk: one thread, so that the proxy has the other core. */
export async function loadWithWrk({ url, seconds, bodyBytes }: LoadOptions): Promise<LoadOutcome> {
  const script = bodyBytes === undefined ? [] : ['-s', postScript];
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '10s', ...script, url];
  return parseWrkOutput(await runProgram('wrk', args));
}
