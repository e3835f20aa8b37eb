import { Agent } from 'undici';
import { checkPeer, type Peer, problemOf } from '../../src/support/peer.ts';

const peer: Peer = {
  name: 'undici',
  user: 'undiciTransport()',
  oldest: '8.12.0',
  part: ['Agent', Agent],
  faults: [
    { from: '8.3.0', mendedIn: '8.4.1', does: 'ends the process' },
    { from: '8.0.0', mendedIn: '8.12.0', does: 'is wrong' },
  ],
};

describe('problemOf()', () => {
  test.each(['8.12.0', '8.12.1', '8.100.0', '9.0.0', '10.0.0', '8.13.0-rc.1'])(
    'has nothing to say of %s',
    (version) => {
      expect(problemOf(version, peer)).toBeUndefined();
    },
  );

  test.each([
    ['7.30.2', '7.30.2'],
    ['8.2.0', '8.2.0, which is wrong'],
    ['8.3.0', '8.3.0, which ends the process'],
    ['8.4.0', '8.4.0, which ends the process'],
    ['8.4.1', '8.4.1, which is wrong'],
    ['8.11.10', '8.11.10, which is wrong'],
  ])('says of %s what is expected, what came and what to do', (version, got) => {
    const expected = `undiciTransport(): expected undici 8.12.0 or newer, got ${got}; npm install undici@^8.12.0`;
    expect(problemOf(version, peer)).toBe(expected);
  });
});

describe('checkPeer()', () => {
  test('finds the version of what is imported', () => {
    expect(() => checkPeer({ ...peer, oldest: '99.0.0' })).toThrow(
      expect.objectContaining({ code: 'ERR_BRP_PEER', message: expect.stringMatching(/got 8\.\d+\.\d+; npm/) }),
    );
  });

  test('says nothing of a copy that is not found, as in a bundle', () => {
    expect(() => checkPeer({ ...peer, oldest: '99.0.0', part: ['Agent', class Agent {}] })).not.toThrow();
  });
});
