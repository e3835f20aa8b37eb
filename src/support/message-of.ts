import { inspect } from 'node:util';

/** The message of anything that was thrown; it need not be an Error. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? thrown : inspect(thrown);
  // Node's AggregateError (all addresses of a name refused) has an empty message and one error per address.
  if (thrown.message === '' && thrown instanceof AggregateError) return thrown.errors.map(messageOf).join('; ');
  return thrown.message || thrown.name;
}
