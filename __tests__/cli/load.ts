import http from 'node:http';
import { Resources, request } from '../helpers/proxy.ts';

/** The origin that a whole answer names. */
export type Answer = string;

/** Clients that send one request after the other until they are told to stop. */
export interface Load {
  /** Responses that came whole and with 200, by what they said of where they came from. */
  readonly answers: ReadonlyMap<Answer, number>;
  /** Responses so far. */
  readonly count: number;
  /** Everything that went wrong, in words. */
  readonly problems: readonly string[];
  /** Lets every client finish its request. */
  stop(): Promise<void>;
}

export interface LoadSettings {
  /** Clients that keep their connection as long as the server does. */
  readonly keptAlive?: number;
  /** Clients that connect anew for every request. */
  readonly fresh?: number;
  /** Asked after each request: whether a client should go on. */
  readonly mayGoOn?: () => boolean;
}

/** A response from which a client can tell where it came from and that it is whole. */
export function answerFrom(origin: string, bytes = 1_000): string {
  return `${origin}\n${bytes}\n${'x'.repeat(bytes)}\n${origin}`;
}

function isWhole(text: string): boolean {
  const [origin = '', bytes] = text.split('\n', 2);
  return text === answerFrom(origin, Number(bytes));
}

/** Sends requests as fast as they are answered. */
export function startLoad(url: string, { keptAlive = 6, fresh = 4, mayGoOn = () => true }: LoadSettings = {}): Load {
  const answers = new Map<Answer, number>();
  const problems: string[] = [];
  const agents = new Resources();
  let isStopped = false;
  let count = 0;

  async function sendOne(agent: http.Agent | false): Promise<void> {
    try {
      const { status, text } = await request(url, { agent });
      const origin = text.slice(0, text.indexOf('\n'));
      if (status === 200 && isWhole(text)) answers.set(origin, (answers.get(origin) ?? 0) + 1);
      else problems.push(`${status} with ${text.length} bytes`);
    } catch (error) {
      problems.push(String(error));
    }
    count++;
  }
  async function runClient(agent: http.Agent | false): Promise<void> {
    while (!isStopped && mayGoOn()) await sendOne(agent);
  }
  const clients = Array.from({ length: keptAlive + fresh }, (_, index) => {
    const agent = index < keptAlive && new http.Agent({ keepAlive: true, maxSockets: 1 });
    if (agent) agents.use({ close: () => agent.destroy() });
    return runClient(agent);
  });
  return {
    answers,
    problems,
    get count() {
      return count;
    },
    async stop() {
      isStopped = true;
      await Promise.all(clients);
      await agents.closeAll();
    },
  };
}
