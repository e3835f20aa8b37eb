/** Tells whether a response with this status may be given to the client. */
export type IsTerminal = (status: number) => boolean;

const lowest = 100;
const highest = 599;
/** One entry of `terminalStatuses`: an inclusive range of statuses that are added, or taken away. */
export interface StatusRule {
  readonly first: number;
  readonly last: number;
  readonly isExclusion: boolean;
}

const rule = /^(?<not>!?)(?:(?<hundred>[1-5])(?:00|xx)|(?<first>\d{3})(?:-(?<last>\d{3}))?)$/i;

/** Reads one entry, such as `200`, `4xx`, `404-410` or `!429`; undefined for any other text. */
export function parseStatusRule(entry: string): StatusRule | undefined {
  const groups = rule.exec(entry)?.groups;
  if (!groups) return undefined;
  const isExclusion = groups.not === '!';
  if (groups.hundred)
    return { first: Number(groups.hundred) * 100, last: Number(groups.hundred) * 100 + 99, isExclusion };
  const first = Number(groups.first);
  const last = Number(groups.last ?? groups.first);
  return first >= lowest && last <= highest && first <= last ? { first, last, isExclusion } : undefined;
}

/** The statuses of a list of rules, of which later ones win. */
export function statusesOf(rules: readonly StatusRule[]): ReadonlySet<number> {
  const statuses = new Set<number>();
  for (const { first, last, isExclusion } of rules) {
    for (let status = first; status <= last; status++) {
      if (isExclusion) statuses.delete(status);
      else statuses.add(status);
    }
  }
  return statuses;
}
