import { availableParallelism } from 'node:os';
import { type FlagValues, flagNames } from '../../../src/cli/flags/flags.ts';
import { maxPathBytes } from '../../../src/cli/flags/kinds/address.ts';
import { parseFlags } from '../../../src/cli/flags/parse-flags.ts';
import { strategyNames } from '../../../src/race/strategies/strategies.ts';

describe('parseFlags', () => {
  test('gives the defaults of the Go original, but for fanout', () => {
    expect(parseFlags([]).values).toMatchObject({
      endpoints: '',
      address: { host: undefined, port: 8080 },
      'terminal-responses': '100,200,300,400',
      fanout: true,
      'log-prefix': 'balancing-reverse-proxy',
      'log-file': 'stdout',
      'log-date': true,
      'log-time': true,
      'log-msec': false,
      'log-utc': false,
      'stop-after': 0,
    });
  });

  test.each<[string[], Partial<FlagValues>]>([
    [['-endpoints', 'a'], { endpoints: 'a' }],
    [['--endpoints', 'a'], { endpoints: 'a' }],
    [['-endpoints=a=b'], { endpoints: 'a=b' }],
    [['--endpoints='], { endpoints: '' }],
    [['-log-prefix', '-x'], { 'log-prefix': '-x' }],
    [['-endpoints', 'a', '-endpoints', 'b'], { endpoints: 'b' }],
    [['-fanout'], { fanout: true }],
    [['-fanout=false', '-log-utc'], { fanout: false, 'log-utc': true }],
    [['-log-date=0', '-log-time=F', '-log-msec=T'], { 'log-date': false, 'log-time': false, 'log-msec': true }],
    [['-trust-forwarded'], { 'trust-forwarded': true }],
    [['-trust-forwarded=false'], { 'trust-forwarded': false }],
    [['-trust-forwarded=10.0.0.0/8, ::1,unix'], { 'trust-forwarded': ['10.0.0.0/8', '::1', 'unix'] }],
    [['-stop-after', '1m30s'], { 'stop-after': 90_000 }],
    [['-body-limit', '2MiB'], { 'body-limit': 2_097_152 }],
    [['-hold-bytes', '8KiB', '-hold-time=10ms'], { 'hold-bytes': 8_192, 'hold-time': 10 }],
    [['-win-at', 'first-event', '-resume=replay'], { 'win-at': 'first-event', resume: 'replay' }],
    [['-strategy=failover'], { strategy: 'failover' }],
    [['-transport', 'node'], { transport: 'node' }],
    [['-transport', 'undici', '-http2'], { transport: 'undici', http2: true }],
    [['-address', '[::1]:80'], { address: { host: '::1', port: 80 } }],
    [['-admin', ':9090'], { admin: { host: undefined, port: 9090 } }],
    [['-admin='], { admin: false }],
    [['-address', 'unix:/run/app.sock'], { address: { path: '/run/app.sock' } }],
    [['-socket-mode', '660'], { 'socket-mode': 0o660 }],
    [['-socket-mode=0600'], { 'socket-mode': 0o600 }],
    [['-socket-mode='], { 'socket-mode': false }],
    [['-workers', '4'], { workers: 4 }],
    [['-workers=auto'], { workers: availableParallelism() }],
    [['-worker-timeout', '1m'], { 'worker-timeout': 60_000 }],
    [['-worker-timeout', '0'], { 'worker-timeout': 0 }],
    [['-shutdown-delay', '5s', '-log-query'], { 'shutdown-delay': 5_000, 'log-query': true }],
    [['-config', 'a.json', '-tls-cert', 'c', '-tls-key', 'k'], { config: 'a.json', 'tls-cert': 'c', 'tls-key': 'k' }],
    [['-endpoints', 'a', '--'], { endpoints: 'a' }],
  ])('reads %j', (argv, values) => {
    expect(parseFlags(argv).values).toMatchObject(values);
  });

  test.each([
    ['-e', 'endpoints'],
    ['-a', 'address'],
    ['-t', 'terminal-responses'],
    ['-f', 'fanout'],
    ['-s', 'stop-after'],
    ['-log-p', 'log-prefix'],
  ])('keeps the abbreviation %s of the original for -%s', (abbreviation, name) => {
    const value = name === 'stop-after' ? '1s' : name === 'address' ? ':1' : 'true';
    expect([...parseFlags([`${abbreviation}=${value}`]).given.keys()]).toEqual([name]);
  });

  test.each([
    ['-str', 'strategy'],
    ['-expose-e', 'expose-endpoint'],
    ['-expose-a', 'expose-attempts'],
    ['-timeout', 'timeout'],
    ['-h', 'help'],
  ])('takes %s for -%s', (abbreviation, name) => {
    const value = name === 'strategy' ? 'race' : name === 'timeout' ? '1s' : 'true';
    expect([...parseFlags([`${abbreviation}=${value}`]).given.keys()]).toEqual([name]);
  });

  test.each([
    [['-log', 'x'], 'flag -log is ambiguous: it may be -log-prefix, -log-file, -log-date, -log-time, -log-msec'],
    [['-v'], 'flag -v is ambiguous: it may be -via, -version'],
    [['-bogus'], 'flag -bogus is unknown; -help lists all flags'],
    [['-endponts', 'x'], 'flag -endponts is unknown; did you mean -endpoints?'],
    [['-constructor'], 'flag -constructor is unknown'],
    [['---endpoints'], "'---endpoints' is no flag"],
    [['-=x'], "'-=x' is no flag"],
    [['x'], "unexpected argument 'x'"],
    [['-'], "unexpected argument '-'"],
    [['-fanout', 'false'], "unexpected argument 'false': only flags are taken"],
    [['-fanout', 'false'], 'and the value of -fanout is written -fanout=false'],
    [['-trust-f', '10.0.0.0/8'], 'and the value of -trust-forwarded is written -trust-forwarded=10.0.0.0/8'],
    [['-fanout', 'http://a.example'], 'and the value of a boolean one is written -flag=false'],
    [['--', '-fanout'], "unexpected argument '-fanout'"],
    [['-endpoints'], 'flag -endpoints: expected a string, got nothing'],
    [['-fanout=yes'], "flag -fanout: expected true or false, got 'yes'"],
    [['-fanout=constructor'], 'flag -fanout: expected true or false'],
    [
      ['-trust-forwarded=10.0.0.0/8,10.0.0.1/33'],
      'flag -trust-forwarded: expected true, false, or with commas between them an IP address, a network such as 10.0.0.0/8 or ' +
        "fd00::/8, or one of loopback, linklocal, uniquelocal, unix, got '10.0.0.0/8,10.0.0.1/33'",
    ],
    [['-trust-forwarded=yes'], 'flag -trust-forwarded: expected true, false, or'],
    [['-stop-after=5'], "flag -stop-after: expected a duration from 0 such as 1m30s, 1.5s or 250ms, got '5'"],
    [['-timeout=-1s'], "flag -timeout: expected a duration from 0 such as 1m30s, 1.5s or 250ms, got '-1s'"],
    [['-worker-timeout=5ms'], "flag -worker-timeout: expected a duration of at least 1s such as 10s, or 0, got '5ms'"],
    [['-body-limit=1.5'], "flag -body-limit: expected a number of bytes such as 1048576, 512KB or 10MiB, got '1.5'"],
    [['-strategy=hope'], `flag -strategy: expected ${strategyNames.join(' or ')}, got 'hope'`],
    [
      ['-hedge-delay=0'],
      "flag -hedge-delay: expected a duration above 0 such as 10ms, a percentile such as p95, or auto, got '0'",
    ],
    [['-workers=0'], "flag -workers: expected a number from 1 to 256, or auto, got '0'"],
    [['-workers=257'], 'flag -workers: expected a number from 1 to 256, or auto'],
    [['-workers=1e2'], 'flag -workers: expected a number from 1 to 256, or auto'],
    [
      ['-admin=9090'],
      `flag -admin: expected an address such as :9090, localhost:9090 or [::1]:9090, unix:/run/app.sock with a path of at most ${maxPathBytes} bytes, or nothing, got`,
    ],
    [
      [`-address=unix:/${'a'.repeat(107)}`],
      `unix:/run/app.sock with a path of at most ${maxPathBytes} bytes, got 'unix:/aaa`,
    ],
    [['-socket-mode=rw'], "flag -socket-mode: expected permissions such as 660, or nothing, got 'rw'"],
    [['-socket-mode=888'], 'flag -socket-mode: expected permissions'],
    [['-log-format=xml'], "flag -log-format: expected text or json, got 'xml'"],
    [['-transport=curl'], "flag -transport: expected got or node or undici, got 'curl'"],
  ])('refuses %j', (argv, message) => {
    expect(() => parseFlags(argv)).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => parseFlags(argv)).toThrow(message);
  });

  test('finds every flag by its whole name, though it may begin another one', () => {
    for (const name of flagNames) expect(() => parseFlags([`-${name}=\0`])).not.toThrow(/ambiguous|unknown/);
  });
});
