import type { Duplex } from 'node:stream';

/** An endpoint's own limit has to be undercut by more than an answer and the next request take on their way. */
const marginMs = 1_000;

/** No connection is kept for longer, whatever the endpoint says. */
const mostIdleMs = 600_000;

const limits = new WeakMap<Duplex, number>();

/** Heeds `Keep-Alive: timeout=5`, by which endpoints say for how long they keep an idle connection. */
export function heedKeepAlive(socket: Duplex, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.length !== 10 || headers[i]?.toLowerCase() !== 'keep-alive') continue;
    const seconds = /\btimeout=(\d{1,9})/i.exec(headers[i + 1] ?? '')?.[1];
    if (seconds !== undefined) limits.set(socket, Math.min(Number(seconds) * 1_000 - marginMs, mostIdleMs));
  }
}

/** For how many milliseconds a connection may be idle before its endpoint might close it, where that is known; may be negative. */
export function heldFor(socket: Duplex): number | undefined {
  return limits.get(socket);
}
