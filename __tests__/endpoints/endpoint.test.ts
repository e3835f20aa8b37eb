import { parseAddress } from '../../src/endpoints/address.ts';
import { Endpoint } from '../../src/endpoints/endpoint.ts';
import type { AttemptOutcome } from '../../src/errors.ts';

const endpointNamed = (name: string) => new Endpoint(parseAddress({ url: new URL('http://one.example'), name }));

describe('Endpoint', () => {
  test('begins with nothing', () => {
    expect(endpointNamed('one').snapshot()).toEqual({
      name: 'one',
      inFlight: 0,
      successes: 0,
      failures: 0,
      cancelled: 0,
    });
  });

  test.each<[AttemptOutcome, object]>([
    ['won', { successes: 1 }],
    ['lost', { successes: 1 }],
    ['unusable', { failures: 1 }],
    ['failed', { failures: 1 }],
    ['timed-out', { failures: 1 }],
    ['cancelled', { cancelled: 1 }],
  ])('counts an attempt that %s', (outcome, counted) => {
    const endpoint = endpointNamed('one');
    endpoint.attemptStarted();
    endpoint.attemptEnded(outcome);
    expect(endpoint.snapshot()).toEqual({
      name: 'one',
      inFlight: 0,
      successes: 0,
      failures: 0,
      cancelled: 0,
      ...counted,
    });
  });

  test('counts what is in flight', () => {
    const endpoint = endpointNamed('one');
    endpoint.attemptStarted();
    endpoint.attemptStarted();
    endpoint.attemptStarted();
    endpoint.attemptEnded('won');
    expect(endpoint.snapshot()).toMatchObject({ inFlight: 2, successes: 1 });
  });

  test('gives snapshots that stay as they were', () => {
    const endpoint = endpointNamed('one');
    const before = endpoint.snapshot();
    endpoint.attemptStarted();
    expect(before.inFlight).toBe(0);
  });
});
