import type { Duplex } from 'node:stream';

/** An endpoint's own limit has to be undercut by more than an answer and the next request take on their way. */
const marginMs = 1_000;

/** No connection is kept for longer, whatever the endpoint says. */
const maxIdleMs = 600_000;

/** Endpoints that do not say for how long they keep an idle connection are taken to keep it for so long at least. */
const sureMs = 1_000;

const limits = new WeakMap<Duplex, number>();
const idleSince = new WeakMap<Duplex, number>();

/** Heeds `Keep-Alive: timeout=5`, by which endpoints say for how long they keep an idle connection. */
export function heedKeepAlive(socket: Duplex, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.length !== 10 || headers[i]?.toLowerCase() !== 'keep-alive') continue;
    const seconds = /\btimeout=(\d{1,9})/i.exec(headers[i + 1] ?? '')?.[1];
    if (seconds !== undefined) limits.set(socket, Math.min(Number(seconds) * 1_000 - marginMs, maxIdleMs));
  }
}

/** For how many milliseconds a connection may be idle before its endpoint might close it, where that is known; may be negative. */
export function heldFor(socket: Duplex): number | undefined {
  return limits.get(socket);
}

/** Notes that a connection is idle from now on. */
export function beginIdle(socket: Duplex): void {
  idleSince.set(socket, performance.now());
}

/** Whether the endpoint might be closing an idle connection just now: nothing that cannot be sent twice is sent over it. */
export function mayBeClosing(socket: Duplex): boolean {
  return performance.now() - (idleSince.get(socket) ?? 0) >= (limits.get(socket) ?? sureMs);
}
