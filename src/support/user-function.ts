import { inspect } from 'node:util';
import { BalancingProxyError } from '../errors.ts';
import { messageOf } from './message-of.ts';

/**
 * Calls a function that the user gave as an option. An error that the function throws, or rejects with, becomes one that names the option.
 * @param isForAttempt whether the error is an attempt's, whose message tells what was thrown. That of a request may be shown to clients,
 * so that only its cause tells.
 * @throws BalancingProxyError `ERR_BRP_HOOK`.
 */
export function callHook<T>(option: string, call: () => T, isForAttempt = true): T {
  const fail = (thrown: unknown): never => {
    throw hookFailed(option, isForAttempt ? `threw: ${reasonGiven(thrown)}` : 'threw', thrown);
  };
  try {
    const result = call();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (thrown) {
    return fail(thrown);
  }
}

/** The end of messages of `JSON.parse`, which quotes its text, whole or in part. */
const endOfQuote = /"(?:\.{3})? is not valid JSON$/;

/**
 * The reason that the user's function gave, for logs: the message of an error. Any other value, such as the response that was looked at,
 * may hold headers and a body.
 */
export function reasonGiven(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  if (!(thrown instanceof Error)) return `a value of type ${Object.prototype.toString.call(thrown).slice(8, -1)}`;
  return withoutQuote(messageOf(thrown));
}

/** One expression for the whole quote would take quadratic time for a message of many quotation marks. */
function withoutQuote(message: string): string {
  if (!endOfQuote.test(message)) return message;
  const [beforeQuote = ''] = message.split('"', 1);
  return `${beforeQuote.replace(/\.{3}$/, '')}the text is not valid JSON`;
}

/**
 * Calls a function that the user gave as an option, and whose result is needed at once. A promise is refused, because it would pass for
 * true. The error may be shown to clients, so its message does not tell what was thrown; its cause does.
 * @throws BalancingProxyError `ERR_BRP_HOOK`.
 */
export function callSyncHook<T>(option: string, call: () => T): T {
  const result = resultOf(option, call);
  if (!(result instanceof Promise)) return result;
  // A rejection that nobody handles would end the process.
  result.catch(() => {});
  throw hookFailed(option, 'returned a promise: expected the value itself');
}

function resultOf<T>(option: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw hookFailed(option, 'threw', thrown);
  }
}

/** The error of a user's function that failed in some way: `what` follows the name of the option. */
export function hookFailed(option: string, what: string, cause?: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_HOOK', `option \`${option}\` ${what}`, { cause });
}

/** The error of a user's function that gave something else than `expected`; its cause tells what. */
export function hookReturned(option: string, expected: string, returned: unknown): BalancingProxyError {
  return hookFailed(option, `returned something else than ${expected}`, new TypeError(`returned ${inspect(returned)}`));
}
