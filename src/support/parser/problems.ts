import { inspect } from 'node:util';
import { BalancingProxyError } from '../../errors.ts';

/** Carries the problems of options up to the caller who gathers them. */
export class InvalidOptions extends Error {
  /** One sentence each, with the option's name. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Throws the one problem that a parser found, in words that follow the option's name. */
export function refuse(option: string, problem: string): never {
  throw new InvalidOptions([`option \`${option}\`: ${problem}`]);
}

/** Throws the one problem that a parser found: option, expected and received, in this order. */
export function reject(option: string, expected: string, received: unknown): never {
  refuse(option, `expected ${expected}, got ${show(received)}`);
}

/** Does the same as {@link reject} for a value that may be a secret: only its type is told. */
export function rejectUnseen(option: string, expected: string, received: unknown): never {
  refuse(option, `expected ${expected}, got a value of type ${typeof received}`);
}

/** Parses every item and gathers the problems of all, behind those that were `known` before. */
export function collect<Item, T>(items: readonly Item[], parse: (item: Item) => T, known: readonly string[] = []): T[] {
  const found = [...known];
  const parsed: T[] = [];
  for (const item of items) {
    try {
      parsed.push(parse(item));
    } catch (error) {
      if (!(error instanceof InvalidOptions)) throw error;
      found.push(...error.problems);
    }
  }
  if (found.length > 0) throw new InvalidOptions(found);
  return parsed;
}

/**
 * Runs a parser on what a user gave.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists all its problems.
 */
export function parseOrThrow<T>(parse: (value: unknown, option: string) => T, value: unknown): T {
  try {
    return parse(value, '');
  } catch (error) {
    if (!(error instanceof InvalidOptions)) throw error;
    const [first, ...more] = error.problems;
    const message =
      more.length === 0 ? `${first}` : `${error.problems.length} problems:\n- ${error.problems.join('\n- ')}`;
    throw new BalancingProxyError('ERR_BRP_OPTIONS', message);
  }
}

/**
 * Shows a wrong value on one line. Credentials may stand before an `@`, however badly they are escaped, in a query, and anywhere in an
 * object: none of these is shown.
 */
function show(value: unknown): string {
  if (typeof value === 'string') {
    const text = value
      .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@')
      .replace(/^([^:/]*[:/][^?#]*[?#]).+$/s, '$1***');
    return inspect(text, { breakLength: Infinity, maxStringLength: 200 });
  }
  if (Array.isArray(value) && value.length === 0) return '[]';
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : inspect(value);
}
