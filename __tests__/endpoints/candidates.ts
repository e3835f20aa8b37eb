import type { Candidate } from '../../src/endpoints/candidate.ts';
import { type EndpointAddress, parseAddress } from '../../src/endpoints/place/address.ts';
import type { ConfiguredEndpoint } from '../../src/endpoints/place/configured-endpoint.ts';
import { Endpoint, type EndpointSettings } from '../../src/endpoints/state/endpoint.ts';
import type { AttemptOutcome } from '../../src/errors.ts';
import { BalancingProxyError, type ErrorCode } from '../../src/errors.ts';

export const settings: EndpointSettings = {
  ejection: { consecutiveFailures: 5, failureRatio: Infinity, minRequests: 20, baseMs: 1_000, maxMs: 30_000 },
  hedgeDelayMs: (latency) => latency.percentileMs(95) ?? Infinity,
  maxInFlight: Infinity,
};

export const addressOf = (name: string) => parseAddress({ url: new URL(`http://${name}.example`), name });

/** An endpoint as options give it, at this address or at that of this name. */
export const configuredAt = (place: string | EndpointAddress): ConfiguredEndpoint => ({
  address: typeof place === 'string' ? addressOf(place) : place,
  tier: 0,
  settings: {},
});

export const endpointNamed = (name: string, overrides: Partial<EndpointSettings> = {}) =>
  new Endpoint(addressOf(name), { ...settings, ...overrides });

export const candidateNamed = (name: string): Candidate => ({ ...configuredAt(name), endpoint: endpointNamed(name) });

/** Lets an endpoint have one attempt from its start to its end. */
export function attempt(endpoint: Endpoint, outcome: AttemptOutcome, elapsedMs = 10): void {
  endpoint.attemptStarted();
  endpoint.attemptEnded({ outcome, elapsedMs });
}

/** The same for one that failed with this code. */
export function failedAttempt(endpoint: Endpoint, code: ErrorCode) {
  endpoint.attemptStarted();
  return endpoint.attemptEnded({ outcome: 'failed', elapsedMs: 10, error: new BalancingProxyError(code, 'why') });
}

/** Fails to reach an endpoint until it is left out. */
export function eject(endpoint: Endpoint): void {
  while (!endpoint.ejection.isEjected) failedAttempt(endpoint, 'ERR_BRP_CONNECT');
}

/** Enough attempts for the endpoint's latency to be known. */
export function learn(endpoint: Endpoint, ms: number): void {
  for (let i = 0; i < 20; i++) attempt(endpoint, 'lost', ms);
}
