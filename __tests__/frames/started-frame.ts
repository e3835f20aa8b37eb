import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from '../architecture/sources.ts';
import { until } from '../helpers/until.ts';

/** The example of a frame in a process of its own. */
export interface StartedFrame {
  readonly url: string;
  /** Ends the process and all that it started. */
  close(): Promise<void>;
}

/** What runs an example, with the flags that it needs. */
export const programs = {
  node: [process.execPath],
  deno: [path.join(root, 'examples/frames/node_modules/.bin/deno'), 'run', '-A'],
  bun: [path.join(root, 'examples/frames/node_modules/.bin/bun')],
} as const;

/** Starts the example of a frame. @throws with what it printed when it ends at once. */
export async function startFrame(
  file: string,
  endpoints: readonly string[],
  program: keyof typeof programs = 'node',
): Promise<StartedFrame> {
  const [command, ...flags] = programs[program];
  // A group of its own: dev servers have children.
  const child = spawn(command, [...flags, path.join(import.meta.dirname, 'start.ts'), file, ...endpoints], {
    cwd: path.join(root, 'examples/frames'),
    env: { ...process.env, NODE_ENV: 'development', NEXT_TELEMETRY_DISABLED: '1', CI: '1' },
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  let hasEnded = false;
  const ended = once(child, 'close').then(() => {
    hasEnded = true;
  });
  const portOf = () => /^port (\d+)$/m.exec(output)?.[1];
  await until(() => hasEnded || portOf() !== undefined);
  if (portOf() === undefined) throw new Error(`${file} ended: ${output}`);
  return {
    url: `http://127.0.0.1:${portOf()}`,
    close: async () => {
      if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, 'SIGKILL');
      await ended;
    },
  };
}
