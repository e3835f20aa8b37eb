/** A number with so many decimals: milliseconds with 3 tell microseconds, which is enough for people. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
