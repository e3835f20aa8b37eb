import { isPeerRule, trustedPeers } from '../../src/http/trusted-peers.ts';
import { clientRequest } from './client-request.ts';

describe('trustedPeers', () => {
  test.each<[string[], string, boolean]>([
    [['10.0.0.1'], '10.0.0.1', true],
    [['10.0.0.1'], '10.0.0.2', false],
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['10.1.2.3/8'], '10.200.0.1', true],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
    [['10.0.0.0/8'], '::ffff:11.0.0.1', false],
    [['::ffff:10.0.0.1'], '10.0.0.1', true],
    [['::ffff:10.0.0.0/104'], '10.2.0.1', true],
    [['::1'], '::1', true],
    [['::1'], '::2', false],
    [['::1'], '127.0.0.1', false],
    [['fd00::/8'], 'fdff::1', true],
    [['fd00::/8'], 'fe00::1', false],
    [['FD00::/8'], 'fd12::1', true],
    [['fe80::/10'], 'fe80::1%nowhere', true],
    [['loopback'], '127.1.2.3', true],
    [['loopback'], '::1', true],
    [['loopback'], '::ffff:127.0.0.1', true],
    [['loopback'], '10.0.0.1', false],
    [['linklocal'], '169.254.1.1', true],
    [['linklocal'], 'fe80::1', true],
    [['uniquelocal'], '10.0.0.1', true],
    [['uniquelocal'], '172.31.0.1', true],
    [['uniquelocal'], '172.32.0.1', false],
    [['uniquelocal'], '192.168.1.1', true],
    [['uniquelocal'], 'fc00::1', true],
    [['uniquelocal'], '127.0.0.1', false],
    [['192.0.2.1', 'fd00::/8', 'loopback'], 'fd00::1', true],
    [['192.0.2.1', 'fd00::/8', 'loopback'], '192.0.2.2', false],
    [['unix'], '127.0.0.1', false],
    [['127.0.0.1'], 'no address', false],
  ])('of %j has %s: %s', (rules, remoteAddress, isIn) => {
    expect(trustedPeers(rules)(clientRequest({ remoteAddress }))).toBe(isIn);
  });

  test.each([
    ['has a peer without an address', ['unix'], {}, true],
    ['has no peer without an address when nothing is said of it', ['0.0.0.0/0', '::/0', 'loopback'], {}, false],
    ['has no client that reset its connection', ['unix'], { localAddress: '127.0.0.1' }, false],
    ['has no connection that is gone', ['unix'], { destroyed: true }, false],
  ])('%s', (_, rules, socket, isIn) => {
    const req = clientRequest({});
    for (const [name, value] of Object.entries(socket)) Object.defineProperty(req.socket, name, { value });
    expect(trustedPeers(rules)(req)).toBe(isIn);
  });
});

describe('isPeerRule', () => {
  test.each([
    '',
    '10.0.0.1/33',
    '10.0.0.1/',
    '10.0.0.1/-1',
    '10.0.0.1/8/8',
    '10.0.0.0/255.0.0.0',
    '010.0.0.1',
    '10.0.0',
    '10.0.0.0-10.0.0.9',
    '::1/129',
    'fe80::1%eth0',
    '[::1]',
    '10.0.0.1:80',
    'localhost',
    'Loopback',
    'constructor',
    ' 10.0.0.1',
    '::ffff:10.0.0.0/8',
    '::ffff:a00:0/16',
    1,
    undefined,
    ['10.0.0.1'],
  ])('refuses %j', (rule) => {
    expect(isPeerRule(rule)).toBe(false);
  });
});
