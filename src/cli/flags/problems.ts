import { CommandError } from './command-error.ts';

/** The problems of several steps, which are told together. */
export class Problems {
  readonly #lines: string[] = [];

  /** Takes one step. @returns undefined when it has problems, all of which are remembered; any other error is thrown. */
  async of<T>(step: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#lines.push(...error.lines);
      return undefined;
    }
  }

  /** @throws CommandError with exit code 2 and a line for each problem, if there is any. */
  throwAny(): void {
    if (this.#lines.length > 0) throw new CommandError(2, ...this.#lines);
  }
}
