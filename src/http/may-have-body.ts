/** Statuses whose responses have no body whatever their headers say (RFC 9110 6.4.1). */
const bodyless: ReadonlySet<number> = new Set([204, 304]);

/** Whether a response with a final status has a body, which may be empty. */
export function mayHaveBody(method: string | undefined, status: number): boolean {
  return method !== 'HEAD' && !bodyless.has(status);
}
