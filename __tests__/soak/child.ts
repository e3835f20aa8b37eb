import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { seed } from '../fuzz/seed.ts';

/** A script of this folder that runs in a process of its own, with this process's seed. */
export interface Child {
  /** Its first message. */
  readonly hello: unknown;
  /** Sends a message and gives the answer. */
  ask(question: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function startChild(script: string, ...args: readonly string[]): Promise<Child> {
  const child = fork(join(import.meta.dirname, script), args, {
    execPath: process.execPath,
    execArgv: [],
    env: { ...process.env, FUZZ_SEED: String(seed) },
  });
  const answer = async (): Promise<unknown> => (await once(child, 'message'))[0];
  return {
    hello: await answer(),
    ask: (question) => {
      const promise = answer();
      child.send(question);
      return promise;
    },
    close: async () => {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}
