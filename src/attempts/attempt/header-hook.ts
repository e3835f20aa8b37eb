import { type IncomingHttpHeaders, type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http';
import type { BalancingProxyError } from '../../errors.ts';
import { type HeaderList, toNodeHeaders, valuesOf, without } from '../../http/headers.ts';
import { isPlainObject } from '../../support/plain-object.ts';
import { callHook, callSyncHook, hookFailed } from '../../support/user-function.ts';
import type { HookContext } from './hook-context.ts';

/** Headers to set, by name, replacing all of that name; undefined takes a header away. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A function of the user that changes the headers of a request or response; nothing returned means no change.
 * @param headers as in node:http: lower-case names, arrays only where Node has them.
 */
export type HeaderHook<Request extends IncomingMessage = IncomingMessage> = (
  headers: IncomingHttpHeaders,
  context: HookContext<Request> & { readonly status?: number },
) => HeaderChanges | undefined | Promise<HeaderChanges | undefined>;

/** Headers that frame a message or belong to one connection: if a hook could change them, bodies would be torn apart. */
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
 * The headers as a hook wants them, as a flat list.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the hook throws, rejects or returns something else than headers.
 */
export async function applyHeaderHook(
  option: string,
  hook: HeaderHook,
  { headers, ...context }: HookContext & { readonly headers: HeaderList; readonly status?: number },
): Promise<HeaderList> {
  const isRequest = context.status === undefined;
  // A request goes out by an attempt; a response is changed when all attempts are over.
  const returned: unknown = await callHook(option, () => hook(toNodeHeaders(headers), context), isRequest);
  if (!returned) return headers;
  const changes = checkedChanges(option, returned, headers);
  if (isRequest && changes.some(isWithoutHost)) throw withoutHost(option);
  const set = changes.flatMap(([name, values]) => values.flatMap((value) => [name, value]));
  return [...without(headers, new Set(changes.map(([name]) => name.toLowerCase()))), ...set];
}

export type HeaderChange = readonly [name: string, values: readonly string[]];

/** The headers that a hook returned, without those that it may not change and merely passed on (`{ ...headers, 'x-key': '1' }`). */
export function checkedChanges(option: string, returned: unknown, headers: HeaderList): readonly HeaderChange[] {
  if (!isPlainObject(returned)) {
    // Only the kind is told: a Map or Headers holds credentials and cookies, and this message goes into traces and responses.
    const kind = Object.prototype.toString.call(returned).slice(8, -1);
    throw hookFailed(option, `returned a value of type ${kind}: expected an object of header names and values`);
  }
  const changes = Object.entries(returned).map(
    ([name, value]): HeaderChange => [name, [value ?? []].flat().map(String)],
  );
  return changes.filter(([name, values]) => {
    callSyncHook(option, () => validate(name, values));
    const lower = name.toLowerCase();
    if (!untouchable.has(lower)) return true;
    if (values.join() === valuesOf(headers, lower).join()) return false;
    throw hookFailed(option, `may not change \`${name}\`, which belongs to the connection`);
  });
}

/** Whether a change would leave a request without its one `Host` (RFC 9112 3.2). */
function isWithoutHost([name, values]: HeaderChange): boolean {
  return name.toLowerCase() === 'host' && values.length !== 1;
}

function withoutHost(option: string): BalancingProxyError {
  return hookFailed(option, 'may not take `Host` away, nor give several: expected one value, or no change');
}

function validate(name: string, values: readonly string[]): void {
  validateHeaderName(name);
  for (const value of values) validateHeaderValue(name, value);
}
