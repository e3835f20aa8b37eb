import { DnsLog } from '../../../src/cli/log/dns-log.ts';
import type { DnsSnapshot } from '../../../src/index.ts';

function start() {
  const lines: string[] = [];
  const log = new DnsLog(
    (level, message) => void lines.push(`${level} ${message.replace('endpoint 0 dns http://a ', '')}`),
  );
  return { log, lines };
}

const named = (addresses: string | undefined, problem?: string, dns = 'http://a'): DnsSnapshot => ({
  dns,
  index: 0,
  record: 'A',
  refreshMs: 1,
  answers: addresses === undefined ? undefined : [],
  endpoints: addresses ? addresses.split('') : [],
  problem,
});

describe('the log of what DNS says', () => {
  test('tells of each change once, whichever process sees it first', () => {
    const { log, lines } = start();
    for (const process of [1, 2]) log.tell([named('xy')], process);
    log.tell([named('yz')], 2);
    log.tell([named('yz')], 1);
    expect(lines).toEqual(['info has 2 addresses; new: x, y', 'info has 2 addresses; new: z; gone: x']);
  });

  test('does not go back when a process tells of something else before it has seen the change', () => {
    const { log, lines } = start();
    for (const process of [1, 2]) log.tell([named('x'), named('b', undefined, 'http://b')], process);
    log.tell([named('xy'), named('b', undefined, 'http://b')], 1);
    lines.splice(0);
    log.tell([named('x'), named('bc', undefined, 'http://b')], 2);
    expect(lines).toEqual(['info endpoint 0 dns http://b has 2 addresses; new: c']);
  });

  test('tells once that DNS fails, and once that it answers again', () => {
    const { log, lines } = start();
    log.tell([named(undefined, 'mute')], 1);
    log.tell([named(undefined, 'mute')], 2);
    log.tell([named('x')], 1);
    log.tell([named('x')], 2);
    expect(lines).toEqual([
      'warn endpoint 0 dns http://a: mute; the last good answer, if any, stays in use',
      'info has 1 address; new: x',
      'info endpoint 0 dns http://a: DNS answers again',
    ]);
  });

  test('waits for no process that has nothing to ask for', () => {
    const { log, lines } = start();
    for (const process of [1, 2]) log.tell([named('x', 'mute'), named('b', 'mute', 'http://b')], process);
    lines.splice(0);
    log.tell([named('x'), named('b', 'mute', 'http://b')], 1);
    expect(lines).toEqual(['info endpoint 0 dns http://a: DNS answers again']);
  });

  test('leaves it to the next process whether DNS still fails when one is no more', () => {
    const { log, lines } = start();
    log.tell([named('x', 'mute')], 1);
    log.forget(1);
    log.tell([named('x', 'mute')], 2);
    log.tell([named('x')], 2);
    expect(lines.map((line) => line.slice(0, 4))).toEqual(['info', 'warn', 'info']);
  });

  test('tells of a name anew that was away', () => {
    const { log, lines } = start();
    log.tell([named('x')]);
    log.tell([]);
    log.tell([named('x')]);
    expect(lines).toEqual(['info has 1 address; new: x', 'info has 1 address; new: x']);
  });

  test('shortens long lists', () => {
    const { log, lines } = start();
    log.tell([named('abcdefghijk')]);
    expect(lines).toEqual(['info has 11 addresses; new: a, b, c, d, e, f, g, h and 3 more']);
  });
});
