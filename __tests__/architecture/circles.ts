/** One thing that imports another. */
interface Edge {
  readonly from: string;
  readonly to: string;
}

/** The ways on which an import leads back to where it began, each as `a -> b -> a`. At least one of each knot is found. */
export function circlesIn(edges: readonly Edge[]): readonly string[] {
  const next = Map.groupBy(edges, ({ from }) => from);
  const isDone = new Set<string>();
  const circles: string[] = [];
  const visit = (one: string, trail: readonly string[]): void => {
    if (trail.includes(one)) circles.push([...trail.slice(trail.indexOf(one)), one].join(' -> '));
    if (isDone.has(one)) return;
    isDone.add(one);
    for (const { to } of next.get(one) ?? []) visit(to, [...trail, one]);
  };
  for (const from of next.keys()) visit(from, []);
  return circles;
}
