import { BalancingProxyError, messageOf } from '../errors.ts';

/**
 * Calls a function that the user gave, for an attempt; what it throws, or rejects with, becomes an error that names the
 * option.
 */
export function callHook<T>(option: string, call: () => T): T {
  const fail = (thrown: unknown): never => {
    throw hookFailed(option, `threw: ${messageOf(thrown)}`, thrown);
  };
  try {
    const result = call();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (thrown) {
    return fail(thrown);
  }
}

/**
 * The same for a function whose result is needed at once. A promise for one would pass for true, and whatever it rejects
 * with would end the process. The error may be shown to clients, so that what was thrown is in its cause only.
 */
export function callSyncHook<T>(option: string, call: () => T): T {
  const result = resultOf(option, call);
  if (!(result instanceof Promise)) return result;
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

export function hookFailed(option: string, what: string, cause?: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_HOOK', `option \`${option}\` ${what}`, { cause });
}
