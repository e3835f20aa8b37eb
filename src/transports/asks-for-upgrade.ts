/** Whether these headers ask to switch protocols; no others have that one (RFC 9110 7.8). */
export function asksForUpgrade(headers: readonly string[]): boolean {
  return headers.some((name, index) => index % 2 === 0 && name.length === 7 && name.toLowerCase() === 'upgrade');
}
