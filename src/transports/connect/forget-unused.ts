/** How many entries a map may have, and which of them may go. */
export interface Forgetting<Value> {
  readonly max: number;
  readonly isUnused: (value: Value) => boolean;
}

/** Makes room for one more entry of a map: the oldest ones that are unused go until there are fewer than the most. */
export function forgetUnused<Key, Value>(map: Map<Key, Value>, { max, isUnused }: Forgetting<Value>): void {
  for (const [key, value] of map) {
    if (map.size < max) return;
    if (isUnused(value)) map.delete(key);
  }
}
