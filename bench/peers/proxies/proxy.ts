import { forkNode } from '../../processes/children.ts';
import type { ProxyStart, Usage } from './proxy-process.ts';

/** A row that runs in a process of its own. */
export interface RunningProxy {
  readonly url: string;
  usage(): Promise<Usage>;
  stop(): void;
}

/** Starts a row. Rejects with the process's stderr when the row does not come up. */
export async function startProxy(start: ProxyStart): Promise<RunningProxy> {
  const child = forkNode(new URL('./proxy-process.ts', import.meta.url), []);
  const port = (await child.ask(start)) as number;
  return {
    url: `http://127.0.0.1:${port}`,
    usage: async () => (await child.ask('usage')) as Usage,
    stop: () => child.stop(),
  };
}
