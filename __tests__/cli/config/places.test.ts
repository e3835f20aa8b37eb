import { configurationReader } from '../../../src/cli/config/configuration.ts';
import { parseFlags } from '../../../src/cli/flags/parse-flags.ts';
import { Resources } from '../../helpers/proxy.ts';
import { temporaryFile } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** What a configuration is refused with; FILE stands for the file, with these flags beside it. */
async function linesOf(name: string, text: string, ...args: readonly string[]): Promise<readonly string[]> {
  const file = temporaryFile(resources, name, text);
  const error = await configurationReader(parseFlags(['-config', file, ...args]))().catch((thrown) => thrown);
  return (error.lines as readonly string[]).map((line) => line.replaceAll(file, 'FILE'));
}

const yaml = `# Two of these are wrong.
endpoints:
  - http://a.example
  - url: http://b.example
    tier: first
  - { url: 'https://c.example', tls: { servername: 'c.example.' } }
timeouts:
  idleMs: 30s
retry: { forMs: -1 }
`;

describe('a problem of a file', () => {
  test('stands with the line and the column of the value, in YAML', async () => {
    expect(await linesOf('brp.yaml', yaml)).toEqual([
      expect.stringMatching(/^FILE:5:11: option `endpoints\[1\]\.tier`: expected .*, got 'first'$/),
      expect.stringMatching(/^FILE:6:52: option `endpoints\[2\]\.tls\.servername`: expected/),
      expect.stringMatching(/^FILE:9:17: option `retry\.forMs`: expected/),
      expect.stringMatching(/^FILE:8:11: option `timeouts\.idleMs`: expected/),
    ]);
  });

  test('stands with the line and the column of the value, in JSON', async () => {
    const json = '{\n  "endpoints": [\n    "one.com",\n    {"url": "http://b", "tier": -1}\n  ],\n\t"via": "a b"\n}';
    expect(await linesOf('brp.json', json)).toEqual([
      expect.stringMatching(/^FILE:3:5: option `endpoints\[0\]`/),
      expect.stringMatching(/^FILE:4:33: option `endpoints\[1\]\.tier`/),
      expect.stringMatching(/^FILE:6:9: option `via`/),
    ]);
  });

  test.each([
    ['of an unknown name: at the name', 'brp.yaml', 'endpoints: [http://a]\ntimeouts:\n  idle: 5\n', '3:3'],
    ['of a name without a blank', 'brp.yaml', 'endpoints: [http://a]\ntimeouts: { totalMs: 5, "idleMs:5": }\n', '2:25'],
    ['of what only code can give', 'brp.yaml', 'endpoints: [http://a]\nisUsable: x\n', '2:1'],
    ['of what is missing: at what it is missing from', 'brp.yaml', 'via: x\nendpoints:\n  - name: b\n', '3:5'],
    ['of what is missing from the whole file', 'brp.json', '\n  {"via": "x"}', '2:3'],
    ['of an alias: where it is used', 'brp.yaml', 'endpoints: [http://a]\nlogQuery: &x true\nvia: *x\n', '3:6'],
    [
      'within what an alias stands for: where that is',
      'brp.yaml',
      'timeouts: &all\n  idleMs: 5\n  totalMs: 1\nendpoints:\n  - { url: http://a, timeouts: *all }\n',
      '3:3',
    ],
    [
      'of a merge key, which YAML 1.2 has not',
      'brp.yaml',
      'endpoints: [http://a]\ntimeouts:\n  <<: { idleMs: 1 }\n',
      '3:3',
    ],
    ['of an empty value: at its name or behind', 'brp.yaml', 'endpoints: [http://a]\nstrategy:\nvia: x\n', '2:10'],
    [
      'of a header, whose name may have dots',
      'brp.yaml',
      'endpoints:\n- url: http://a\n  headers:\n    X.A: 5\n',
      '4:10',
    ],
    ['of the last one of two fields', 'brp.json', '{"via":"x","endpoints":["http://a"],\n"via":"a b"}', '2:7'],
    ['behind a byte order mark', 'brp.json', '\uFEFF{"endpoints":["a"]}', '1:15'],
    ['with lines that end as on Windows', 'brp.yaml', 'endpoints: [http://a]\r\nvia: a b\r\n', '2:6'],
  ])('stands with its place: %s', async (_, name, text, place) => {
    const lines = await linesOf(name, text);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^FILE:${place}: option `))]);
  });

  test('is told beside those of flags, which are not in the file', async () => {
    const text = 'endpoints: [one.com]\nvia: a b\ntimeouts: { idleMs: 0, totalMs: 0 }\n';
    const lines = await linesOf('brp.yaml', text, '-via', 'c d', '-total-timeout', '5s', '-tls-cert', '/missing');
    expect(lines).toEqual([
      'flag -tls-cert: expected -tls-key with it',
      expect.stringMatching(/^FILE:1:13: option `endpoints\[0\]`/),
      expect.stringMatching(/^FILE:3:21: option `timeouts\.idleMs`/),
      expect.stringMatching(/^flag -via: expected .*'c d'$/),
    ]);
  });
});

describe('a flag among the options of a file', () => {
  test.each([
    ['address', 'it is a flag only, -address'],
    ['workers', 'it is a flag only, -workers'],
    ['log-file', 'it is a flag only, -log-file'],
    ['logFile', 'it is a flag only, -log-file'],
    ['connect-timeout', 'in a file the flag -connect-timeout is `timeouts.connectMs`'],
    ['hedgeDelay', 'in a file the flag -hedge-delay is `hedge.delayMs`'],
  ])('%s: %s', async (name, advice) => {
    expect(await linesOf('brp.yaml', `endpoints: [http://a]\n${name}: x\n`)).toEqual([
      `FILE:2:1: option \`${name}\` is unknown; ${advice}`,
    ]);
  });

  test('is none within a group', async () => {
    expect(await linesOf('brp.yaml', 'endpoints: [http://a]\ntls: { address: x }\n')).toEqual([
      expect.stringMatching(/^FILE:2:8: option `tls\.address` is unknown; known are ca/),
    ]);
  });
});

test('a text that goes deep is refused at its name, and nothing overflows', async () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  expect(await linesOf('brp.json', `{"endpoints": ["http://a"], "deep": ${deep}}`)).toEqual([
    expect.stringMatching(/^FILE:1:29: option `deep` is unknown/),
  ]);
});
