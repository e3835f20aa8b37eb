/** Whether nothing in a value can change, so that what is made of it can be kept. A URL always can, frozen or not. */
export function isConstant(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && !(value instanceof URL) && Object.values(value).every(isConstant);
}
