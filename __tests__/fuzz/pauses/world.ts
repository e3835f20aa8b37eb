import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** What stands around the proxy: nothing, all that looks at requests and responses, or Express with its body parsers. */
export type Frame = 'bare' | 'looking' | 'parsing';

/** What a client sends, and what the endpoint answers with; every character is one byte. */
export interface Input {
  readonly frame: Frame;
  readonly request: string;
  readonly answer: string;
}

export interface Outcome {
  /** The beginning of what the client got. */
  readonly status: string;
  readonly pauseMs: number;
}

/** So long a single input may hold the event loop. */
export const maxPauseMs = 50;

/** One that holds it for so long is not waited for. */
const patienceMs = 30_000;

/** The process in which inputs are tried. It is started again when an input has stopped or ended it. */
export class World {
  readonly #transport: string;
  #child: ChildProcess | undefined;

  constructor(transport: string) {
    this.#transport = transport;
  }

  /** @throws when the input holds the event loop for too long, every time that it is tried, or ends the process. */
  async try(input: Input): Promise<Outcome> {
    let outcome = await this.#tryOnce(input);
    // What is not the input's fault, a collection of garbage or a compilation, does not come each time.
    for (let more = 0; more < 3 && outcome.pauseMs > maxPauseMs; more++) outcome = await this.#tryOnce(input);
    if (outcome.pauseMs <= maxPauseMs) return outcome;
    throw new Error(`the event loop stood still for ${Math.round(outcome.pauseMs)} ms: ${shown(input)}`);
  }

  async #tryOnce(input: Input): Promise<Outcome> {
    this.#child ??= await this.#start();
    const child = this.#child;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}: ${shown(input)}`));
    const late = setTimeout(() => reject(new Error(`the event loop stood still: ${shown(input)}`)), patienceMs);
    child.once('message', resolve as (outcome: unknown) => void).once('exit', onExit);
    child.send(input);
    try {
      return await promise;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(late);
      child.off('exit', onExit);
    }
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(path.join(import.meta.dirname, 'world-process.ts'), [this.#transport], {
      execArgv: ['--max-http-header-size=131072', '--no-warnings'],
    });
    await once(child, 'message');
    return child;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** An input whose repeats are told by their number. */
function shown(input: Input): string {
  return JSON.stringify(input).replace(/(.{1,12}?)\1{9,}/g, (all, part) => `${part}{${all.length / part.length}}`);
}
