import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Namespace } from './namespace.ts';

/** A script of ours that runs in a namespace. */
export interface NodeProgram {
  readonly child: ChildProcess;
  /** Its first message. */
  readonly hello: unknown;
  /** Sends a message and gives the next one that comes back; rejects when the process ends, with what it said. */
  ask(message: object): Promise<unknown>;
}

/**
 * Starts a script and waits for its first message.
 * @param script by its path under this folder's parent.
 * @param settings its one argument, as JSON.
 */
export async function startNode(namespace: Namespace, script: string, settings: object): Promise<NodeProgram> {
  const file = path.join(import.meta.dirname, '..', script);
  const child = namespace.spawn(process.execPath, [file, JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let said = '';
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-2_000);
  });
  const ended = once(child, 'close').then(([code]) =>
    Promise.reject(new Error(`${script} ended with ${code}: ${said}`)),
  );
  ended.catch(() => {});
  const answer = async (): Promise<unknown> => {
    const listening = new AbortController();
    try {
      return (await Promise.race([once(child, 'message', { signal: listening.signal }), ended]))[0];
    } finally {
      listening.abort();
    }
  };
  return {
    child,
    hello: await answer(),
    ask: (message) => {
      const promise = answer();
      child.send(message);
      return promise;
    },
  };
}
