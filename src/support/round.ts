/** A number with so many decimals, as people need them: milliseconds with 3 decimals tell microseconds. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
