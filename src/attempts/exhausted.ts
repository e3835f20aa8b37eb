import { type AttemptResult, BalancingProxyError, type ErrorCode, isTimeout } from '../errors.ts';

/** The codes that make the error of the whole request when every attempt has failed with them, and its message. */
const causes: ReadonlyArray<[ErrorCode, string]> = [
  ['ERR_BRP_UNSENDABLE', 'the target, the method or a header of the request is none that can be sent on'],
  ['ERR_BRP_NO_SOCKET', 'this host has no socket left to connect to an endpoint'],
];

/** The error of a request for which no attempt has given a response. @param whyNobody says why none was made, in words without names. */
export function exhausted(attempts: readonly AttemptResult[], whyNobody?: string): BalancingProxyError {
  const headers = { 'Retry-After': '1' };
  if (attempts.length === 0) {
    const message = ['no endpoint may be tried', whyNobody].filter(Boolean).join(': ');
    return new BalancingProxyError('ERR_BRP_NO_ENDPOINT', message, { headers });
  }
  const cause = attempts.at(-1)?.error;
  for (const [code, message] of causes) {
    if (!attempts.every(({ error }) => error?.code === code)) continue;
    const isOurs = code === 'ERR_BRP_NO_SOCKET';
    return new BalancingProxyError(code, message, { attempts, cause, ...(isOurs && { headers }) });
  }
  const allTimedOut = attempts.every(({ error }) => error && isTimeout(error));
  const code = allTimedOut ? 'ERR_BRP_ALL_TIMED_OUT' : 'ERR_BRP_EXHAUSTED';
  return new BalancingProxyError(code, `no endpoint gave a response: ${waysOf(attempts)}`, { attempts, cause });
}

/** How attempts went, each way once: where endpoints are asked again and again there are hundreds. */
function waysOf(attempts: readonly AttemptResult[]): string {
  const counts = new Map<string, number>();
  for (const { error, outcome } of attempts) {
    const way = error?.code ?? outcome;
    counts.set(way, (counts.get(way) ?? 0) + 1);
  }
  return [...counts].map(([way, count]) => (count === 1 ? way : `${count} times ${way}`)).join(', ');
}
