import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { seed } from '../fuzz/seed.ts';

/** A script of this folder that runs in a process of its own, with this process's seed. */
export interface Child {
  /** Its first message. */
  readonly hello: unknown;
  /** Sends a message and gives the answer; rejects when the process has ended, as by an uncaught exception. */
  ask(question: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function startChild(script: string, ...args: readonly string[]): Promise<Child> {
  const child = fork(join(import.meta.dirname, script), args, {
    execPath: process.execPath,
    execArgv: ['--expose-gc'],
    env: { ...process.env, FUZZ_SEED: String(seed) },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ended = exited.then(() => Promise.reject(new Error(`${script} ended with code ${child.exitCode}`)));
  ended.catch(() => {});
  const answer = async (): Promise<unknown> => (await Promise.race([once(child, 'message'), ended]))[0];
  return {
    hello: await answer(),
    ask: (question) => {
      const promise = answer();
      if (child.connected) child.send(question);
      return promise;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
