/** Tells whether a response with this status may be given to the client. */
export type IsTerminal = (status: number) => boolean;

const lowest = 100;
const highest = 599;
const rule = /^(?:(?<hundred>[1-5])(?:00|xx)|(?<first>\d{3})(?:-(?<last>\d{3}))?)$/i;

/** One entry of `terminalStatuses`, such as `200`, `4xx` or `404-410`, as an inclusive range; undefined for any other text. */
export function parseStatusRange(entry: string): readonly [first: number, last: number] | undefined {
  const groups = rule.exec(entry)?.groups;
  if (!groups) return undefined;
  if (groups.hundred) return [Number(groups.hundred) * 100, Number(groups.hundred) * 100 + 99];
  const first = Number(groups.first);
  const last = Number(groups.last ?? groups.first);
  return first >= lowest && last <= highest && first <= last ? [first, last] : undefined;
}

/** The predicate for a list of inclusive ranges. */
export function terminalIn(ranges: ReadonlyArray<readonly [first: number, last: number]>): IsTerminal {
  const terminal = new Set<number>();
  for (const [first, last] of ranges) for (let status = first; status <= last; status++) terminal.add(status);
  return (status) => terminal.has(status);
}
