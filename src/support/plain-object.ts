/** Whether a value is an object of fields, rather than a Map, a Buffer, a URL or the like, whose contents are no fields. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
