import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A part of the bench that has a thread of its own, and answers one message after the other. */
export class Thread<Request, Reply> {
  readonly #worker: Worker;

  /** @param workerData given to the thread when it starts. */
  constructor(file: URL, workerData?: unknown) {
    this.#worker = new Worker(file, { workerData });
  }

  /** Sends a message. Resolves with the answer. */
  async ask(request: Request): Promise<Reply> {
    this.#worker.postMessage(request);
    const [reply] = await once(this.#worker, 'message');
    return reply as Reply;
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
