import { BalancingProxyError } from '../../errors.ts';
import { checkPeer, type Fault } from '../../support/peer.ts';

const endsTheProcess = 'ends the process when an endpoint answers with an error, `Connection: close` and a body';

const faults: readonly Fault[] = [
  { from: '7.24.1', mendedIn: '8.0.0', does: endsTheProcess },
  { from: '8.3.0', mendedIn: '8.4.1', does: endsTheProcess },
  { from: '8.0.0', mendedIn: '8.12.0', does: 'takes a 304 that tells the length of what it stands for as broken off' },
];

/**
 * Checks whether attempts can be sent through the undici that is installed.
 * @param agent undici's `Agent`.
 * @throws BalancingProxyError `ERR_BRP_PEER` that says what is expected and what to do.
 */
export function checkUndici(agent: { readonly prototype: object }): void {
  if (!('dispatch' in agent.prototype)) {
    const why = 'which Bun has in place of undici; gotTransport(), the default, works';
    throw new BalancingProxyError('ERR_BRP_PEER', `undiciTransport(): expected undici, got a part of it, ${why}`);
  }
  checkPeer({ name: 'undici', user: 'undiciTransport()', oldest: '8.12.0', part: ['Agent', agent], faults });
}
