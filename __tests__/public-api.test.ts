import * as publicApi from '../src/index.ts';

// The types are checked by public-api.ts, which the type check compiles.
describe('the public names', () => {
  test('are these and no others', () => {
    expect(Object.keys(publicApi).sort()).toEqual([
      'BalancingProxyError',
      'createBalancingProxy',
      'dnsEndpoints',
      'gotTransport',
      'nodeTransport',
    ]);
  });
});
