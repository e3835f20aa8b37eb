import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { median, quantile } from '../statistics/quantiles.ts';
import type { LoadRequest, LoadSeed, Timing } from '../tail/load.ts';
import { Thread } from '../tail/thread.ts';
import { type Attack, type AttackSize, commandOf } from './attacks.ts';

/** What ordinary clients have seen of a server. */
export interface OrdinaryRequests {
  /** The medians of the windows, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all windows together. */
  readonly failures: number;
}

/** How many windows there are, and the requests in each of them. */
export interface Windows {
  readonly count: number;
  readonly requests: number;
  readonly perSecond: number;
}

/** Ordinary clients, in a thread of their own. */
export class OrdinaryClients {
  readonly #thread = new Thread<LoadRequest, readonly Timing[]>(new URL('../tail/load.ts', import.meta.url), {
    seed: 1,
  } satisfies LoadSeed);

  /** Sends requests at a steady rate, window by window. */
  async ask(url: string, { count, requests, perSecond }: Windows): Promise<OrdinaryRequests> {
    const windows: Array<readonly Timing[]> = [];
    for (let i = 0; i < count; i++) windows.push(await this.#thread.ask({ url, requests, perSecond }));
    const sorted = windows.map((timings) => timings.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b));
    return {
      p50Ms: median(sorted.map((latencies) => quantile(latencies, 0.5))),
      p99Ms: median(sorted.map((latencies) => quantile(latencies, 0.99))),
      failures: windows.flat().filter(({ isSuccess }) => !isSuccess).length,
    };
  }

  /** Ends the thread. */
  end(): Promise<void> {
    return this.#thread.end();
  }
}

/** Has slow clients come, does something when all are there, and has them leave. */
export async function during<T>(attack: Attack, url: string, size: AttackSize, act: () => Promise<T>): Promise<T> {
  const [program = '', ...args] = commandOf(attack, url, size);
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = once(child, 'close');
  try {
    await wait((1_000 * size.connections) / size.perSecond + 1_000);
    if (child.exitCode !== null) throw new Error(`slowhttptest ended with ${child.exitCode}`);
    return await act();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
