/** How many entries a map may have, and which of them may go. */
interface Forgetting<Value> {
  /** Most entries. */
  readonly max: number;
  /** Whether an entry may go. */
  readonly isUnused: (value: Value) => boolean;
}

/** Makes room for one more entry of a map: unused entries go, the oldest first, until there are fewer than `max`. */
export function forgetUnused<Key, Value>(map: Map<Key, Value>, { max, isUnused }: Forgetting<Value>): void {
  for (const [key, value] of map) {
    if (map.size < max) return;
    if (isUnused(value)) map.delete(key);
  }
}
