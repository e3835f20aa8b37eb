import fc from 'fast-check';
import { BalancingProxyError } from '../../../src/errors.ts';
import type { FakeResponse } from '../../../src/testing/testing.ts';

/** What becomes of an attempt. */
export type Fate =
  | { readonly kind: 'refused' | 'not looked at' | 'lost' | 'hanging'; readonly afterMs: number }
  | { readonly kind: 'answer'; readonly afterMs: number; readonly status: number; readonly retryAfter?: string };

const afterMs = fc.constantFrom(0, 1, 5, 30, 90);

const failure = fc.record({ kind: fc.constantFrom('refused', 'refused', 'not looked at', 'lost', 'hanging'), afterMs });

const answer = fc.record(
  {
    kind: fc.constant('answer'),
    afterMs,
    status: fc.constantFrom(200, 200, 200, 404, 429, 500, 502, 503),
    retryAfter: fc.constantFrom('1', '30'),
  },
  { requiredKeys: ['kind', 'afterMs', 'status'] },
);

export const fate: fc.Arbitrary<Fate> = fc.oneof(failure, answer);

/** Whether the endpoint may have seen a request that went like this. */
export function isSeen({ kind }: Fate): boolean {
  return kind !== 'refused' && kind !== 'not looked at';
}

const codes = {
  refused: 'ERR_BRP_CONNECT',
  'not looked at': 'ERR_BRP_NOT_PROCESSED',
  lost: 'ERR_BRP_CONNECTION_LOST',
} as const;

/** The answer of a fake transport. */
export async function fulfil(fated: Fate, body: string): Promise<FakeResponse> {
  if (fated.kind === 'hanging') return new Promise<never>(() => {});
  if (fated.afterMs > 0) await new Promise((resolve) => setTimeout(resolve, fated.afterMs));
  if (fated.kind !== 'answer') throw new BalancingProxyError(codes[fated.kind], fated.kind);
  const { status, retryAfter } = fated;
  const headers = ['Content-Length', String(body.length), ...(retryAfter ? ['Retry-After', retryAfter] : [])];
  return { status, headers, body };
}
