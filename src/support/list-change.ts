/** The items that came to a list, and those that went, since it was another one. */
export function listChange(before: readonly string[], now: readonly string[]) {
  return {
    added: now.filter((item) => !before.includes(item)),
    removed: before.filter((item) => !now.includes(item)),
  };
}
