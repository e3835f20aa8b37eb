import type { Duplex } from 'node:stream';

/** How much sooner than its endpoint we close an idle connection: more than an answer and the next request take on their way. */
const marginMs = 1_000;

/** Longest time that an idle connection is kept, whatever its endpoint says. */
const maxIdleMs = 600_000;

/** Time for which every endpoint is taken to keep an idle connection, also one that does not say so. */
const sureMs = 1_000;

const limits = new WeakMap<Duplex, number>();
const idleSince = new WeakMap<Duplex, number>();

/** Notes for how many seconds an endpoint keeps an idle connection, by its `Keep-Alive: timeout=5`. */
export function heedKeepAlive(socket: Duplex, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.length !== 10 || headers[i]?.toLowerCase() !== 'keep-alive') continue;
    const seconds = /\btimeout=(\d{1,9})/i.exec(headers[i + 1] ?? '')?.[1];
    if (seconds !== undefined) limits.set(socket, Math.min(Number(seconds) * 1_000 - marginMs, maxIdleMs));
  }
}

/** Milliseconds that a connection may be idle before its endpoint might close it, where that is known; may be negative. */
export function heldFor(socket: Duplex): number | undefined {
  return limits.get(socket);
}

/** Notes that a connection is idle from now on. */
export function beginIdle(socket: Duplex): void {
  idleSince.set(socket, performance.now());
}

/**
 * Whether the endpoint might be closing an idle connection just now, so that requests which cannot be sent twice go elsewhere.
 */
export function mayBeClosing(socket: Duplex): boolean {
  return performance.now() - (idleSince.get(socket) ?? 0) >= (limits.get(socket) ?? sureMs);
}
