/** An error that ends the command with a line or more for the person who called it, rather than with a stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** One line for each problem. */
  readonly lines: readonly string[];
  /** 2 when the command line or a file that it names is wrong, as in Go; 1 when anything else is, such as a port in use. */
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2, ...lines: readonly string[]) {
    super(lines.join('\n'));
    this.exitCode = exitCode;
    this.lines = lines;
  }
}
