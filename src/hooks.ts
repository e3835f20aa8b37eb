import { type IncomingHttpHeaders, type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http';
import { inspect } from 'node:util';
import { BalancingProxyError, messageOf } from './errors.ts';
import { type HeaderList, toNodeHeaders, valuesOf, without } from './http/headers.ts';

/** Headers to set, by name, replacing all of that name; undefined takes a header away. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a header hook is told besides the headers. */
export interface HookContext {
  readonly req: IncomingMessage;
  /** The endpoint's name. */
  readonly endpoint: string;
}

/** @param headers as in node:http: lower-case names, arrays only where Node has them. */
export type HeaderHook = (
  headers: IncomingHttpHeaders,
  context: HookContext & { readonly status?: number },
) => HeaderChanges | undefined | Promise<HeaderChanges | undefined>;

/** What frames a message or belongs to one connection: no hook may say otherwise, or bodies would be torn apart. */
const untouchable: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers as a hook wants them.
 * @param signal ends the wait for a hook that does not settle.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when it throws, rejects or returns something else than headers.
 */
export async function applyHeaderHook(
  option: string,
  hook: HeaderHook,
  {
    headers,
    signal,
    ...context
  }: HookContext & { readonly headers: HeaderList; readonly signal: AbortSignal; readonly status?: number },
): Promise<HeaderList> {
  const call = async () => hook(toNodeHeaders(headers), context);
  const fail = (thrown: unknown): never => {
    throw hookFailed(option, `threw: ${messageOf(thrown)}`, thrown);
  };
  const returned = await unlessAborted(call().catch(fail), signal);
  if (!returned) return headers;
  const changes = checkedChanges(option, returned, headers);
  const set = changes.flatMap(([name, values]) => values.flatMap((value) => [name, value]));
  return [...without(headers, new Set(changes.map(([name]) => name.toLowerCase()))), ...set];
}

/** Calls a function of the user's that answers at once; what it throws becomes an error that names the option. */
export function callHook<T>(option: string, call: () => T): T {
  let result: T;
  try {
    result = call();
  } catch (thrown) {
    throw hookFailed(option, `threw: ${messageOf(thrown)}`, thrown);
  }
  if (!(result instanceof Promise)) return result;
  // Nobody waits for it: a rejection would end the process.
  result.catch(() => {});
  throw hookFailed(option, 'returned a promise: expected the value itself');
}

export function hookFailed(option: string, what: string, cause?: unknown): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_HOOK', `option \`${option}\` ${what}`, { cause });
}

type Change = readonly [name: string, values: readonly string[]];

/** What a hook returned, less the headers it may not touch but merely passed on (`{ ...headers, 'x-key': '1' }`). */
function checkedChanges(option: string, returned: object, headers: HeaderList): readonly Change[] {
  if (typeof returned !== 'object' || Symbol.iterator in returned) {
    throw hookFailed(option, `returned ${inspect(returned)}: expected an object of header names and values`);
  }
  const changes = Object.entries(returned).map(([name, value]): Change => [name, [value ?? []].flat().map(String)]);
  return changes.filter(([name, values]) => {
    callHook(option, () => validate(name, values));
    const lower = name.toLowerCase();
    if (!untouchable.has(lower)) return true;
    if (values.join() === valuesOf(headers, lower).join()) return false;
    throw hookFailed(option, `may not change \`${name}\`, which belongs to the connection`);
  });
}

function validate(name: string, values: readonly string[]): void {
  validateHeaderName(name);
  for (const value of values) validateHeaderValue(name, value);
}

/** Waits for a promise, but not longer than the signal allows. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort);
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
