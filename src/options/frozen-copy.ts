import { isPlainObject } from '../support/plain-object.ts';

/** A copy of what a user gave that cannot change: lists and objects are frozen, bytes become text. Everything else stays as it is. */
export function frozenCopy(value: unknown): unknown {
  if (value instanceof Uint8Array) return asText(value);
  if (Array.isArray(value)) return Object.freeze([...value].map(frozenCopy));
  if (!isPlainObject(value) || value instanceof URL) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, field]) => [name, frozenCopy(field)])));
}

/** A text in the place of bytes, which can change; everything else as it is. */
export function asText(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}
