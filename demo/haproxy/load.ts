import http from 'node:http';
import { text } from 'node:stream/consumers';

/** Clients that ask one request after the other. */
export interface RunningLoad {
  /** Requests that have been answered or lost so far. */
  readonly sent: number;
  readonly lost: number;
  /** How many requests were lost, by reason. */
  readonly problems: ReadonlyMap<string, number>;
  /** Resolves when so many requests have been sent. */
  reaches(count: number): Promise<void>;
  /** Resolves when every client has its last response. */
  stop(): Promise<void>;
}

/** Starts clients with a kept-alive connection each. A request is lost unless it is answered whole, with 200. */
export function startLoad(url: string, clients: number): RunningLoad {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const problems = new Map<string, number>();
  const waiting: Array<{ readonly count: number; readonly resolve: () => void }> = [];
  let sent = 0;
  let lost = 0;
  let isStopping = false;

  async function ask(): Promise<void> {
    while (!isStopping) {
      const path = `/request/${sent}`;
      const problem = await problemOf(`${url}${path}`, agent);
      sent++;
      if (problem !== undefined) {
        lost++;
        problems.set(problem, (problems.get(problem) ?? 0) + 1);
      }
      for (const { count, resolve } of waiting) if (sent >= count) resolve();
    }
  }

  const asking = Array.from({ length: clients }, ask);
  return {
    get sent() {
      return sent;
    },
    get lost() {
      return lost;
    },
    problems,
    reaches: (count) => new Promise((resolve) => waiting.push({ count, resolve })),
    stop: async () => {
      isStopping = true;
      await Promise.all(asking);
      agent.destroy();
    },
  };
}

/** Sends a request. @returns what is wrong with its answer. */
async function problemOf(url: string, agent: http.Agent): Promise<string | undefined> {
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get(url, { agent }, resolve).on('error', reject);
    });
    const body = await text(response);
    if (response.statusCode !== 200) return `status ${response.statusCode}`;
    return body.startsWith('Hello, world') && body.includes(new URL(url).pathname) ? undefined : 'another body';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
