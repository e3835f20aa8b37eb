import { type TrustForwarded, trustOf } from '../../src/http/forwarded.ts';
import { clientOf } from '../../src/http/request-client.ts';
import { clientRequest } from './client-request.ts';

const peer = '10.0.0.1';

function addressIn(forwardedFor: string, trust: TrustForwarded, remoteAddress: string | undefined = peer) {
  return clientOf(clientRequest({ headers: ['X-Forwarded-For', forwardedFor], remoteAddress }), trust).address;
}

describe('the address of a client', () => {
  const listed = trustOf(['10.0.0.0/8', '192.0.2.1']);
  const throwing = (): boolean => {
    throw new Error('no');
  };

  test.each<[string, TrustForwarded, string, string]>([
    ['its own where nobody is trusted', undefined, '203.0.113.9', peer],
    ['its own where it is not trusted', trustOf(['127.0.0.1']), '203.0.113.9', peer],
    ['its own where the function that says so throws', throwing, '203.0.113.9', peer],
    ['the first one where all are trusted', true, '203.0.113.9, 10.1.1.1', '203.0.113.9'],
    ['the last one where a function trusts its request', () => true, '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['the last one that is not in the list', listed, '1.1.1.1, 203.0.113.9, 192.0.2.1, 10.1.1.1', '203.0.113.9'],
    ['the first one where all are in the list', listed, '10.2.2.2, 10.1.1.1', '10.2.2.2'],
    ['an IPv6 one', listed, '2001:db8::1', '2001:db8::1'],
    ['an IPv4 one without its prefix', listed, '::ffff:203.0.113.9', '203.0.113.9'],
    ['its own where the other one is none', listed, 'a b"]', peer],
    ['its own where the other one is too long', listed, '1'.repeat(65), peer],
  ])('is %s', (_, trust, forwardedFor, address) => {
    expect(addressIn(forwardedFor, trust)).toBe(address);
  });

  test('is unknown on a Unix socket', () => {
    expect(clientOf(clientRequest({}), undefined).address).toBeUndefined();
  });
});

test('a client has the host that it asked for, its name and its version', () => {
  const headers = ['Host', 'a.example', 'User-Agent', 'curl/8'];
  expect(clientOf(clientRequest({ headers, httpVersion: '1.0', remoteAddress: '::ffff:10.0.0.1' }), undefined)).toEqual(
    {
      address: '10.0.0.1',
      host: 'a.example',
      userAgent: 'curl/8',
      httpVersion: '1.0',
    },
  );
});

test('a client over HTTP/2 has the authority that it asked for', () => {
  const headers = [':authority', 'b.example'];
  expect(clientOf(clientRequest({ headers, httpVersion: '2.0', remoteAddress: peer }), undefined)).toMatchObject({
    host: 'b.example',
  });
});
