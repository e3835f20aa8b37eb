import type { ServerResponse } from 'node:http';

const brokenOff = new WeakSet<ServerResponse>();

/** Closes the connection of a response in the middle, as soon as these bytes have gone out. */
export function breakOff(res: ServerResponse, last: Uint8Array | string): void {
  brokenOff.add(res);
  res.write(last, () => res.destroy());
}

/** Whether {@link breakOff} has ended a response, and not the client. */
export function isBrokenOff(res: ServerResponse): boolean {
  return brokenOff.has(res);
}

/** How many of so many bytes or tokens come before a break: at least one comes, and at least one is missing. */
export function middleOf(count: number, share: number): number {
  return Math.max(1, Math.ceil(share * (count - 1)));
}
