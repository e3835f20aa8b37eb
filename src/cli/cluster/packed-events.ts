import { BalancingProxyError, type ErrorCode, type ProxyEvent } from '../../index.ts';

/** An event on its way to another process. Errors are packed, because their copies would have lost class and code there. */
export type PackedEvent = object;

/** Takes the place of an error on the way. */
interface PackedError {
  readonly packedError: { readonly code: ErrorCode; readonly message: string; readonly why: string | undefined };
}

/** Makes an event ready for the way to another process. */
export function pack(event: ProxyEvent): PackedEvent {
  return replaceObjects(event, (value) =>
    value instanceof BalancingProxyError ? packError(value) : undefined,
  ) as PackedEvent;
}

function packError({ code, message, cause }: BalancingProxyError): PackedError {
  return { packedError: { code, message, why: cause instanceof Error ? cause.message : undefined } };
}

/** Makes the event from its packed form. Its errors have code, status and message only, and a cause with its message. */
export function unpack(packed: PackedEvent): ProxyEvent {
  return replaceObjects(packed, (value) => {
    if (!('packedError' in value)) return undefined;
    const { code, message, why } = (value as PackedError).packedError;
    return new BalancingProxyError(code, message, { cause: why === undefined ? undefined : new Error(why) });
  }) as ProxyEvent;
}

/** Copies a value. Each object for which there is a replacement is replaced by it. */
function replaceObjects(value: unknown, replacementFor: (value: object) => object | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const replacement = replacementFor(value);
  if (replacement) return replacement;
  if (Array.isArray(value)) return value.map((item) => replaceObjects(item, replacementFor));
  const entries = Object.entries(value).map(([name, field]) => [name, replaceObjects(field, replacementFor)] as const);
  return Object.fromEntries(entries);
}
