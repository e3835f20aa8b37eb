import { mkdir } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { createCertificate } from '../../../shared/certificate.ts';
import { readConfigFile } from '../../../src/cli/config/config-file.ts';
import { configurationReader } from '../../../src/cli/config/configuration.ts';
import { overlay } from '../../../src/cli/config/proxy-options.ts';
import { flagNames, flags } from '../../../src/cli/flags/flags.ts';
import { parseFlags } from '../../../src/cli/flags/parse-flags.ts';
import { resolveOptions } from '../../../src/options/config.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering, hanging } from '../../helpers/servers.ts';
import { Command, LocalCommand, runLocally, startLocally } from '../command.ts';
import { bareCommand, temporaryFile, temporaryFolder } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

describe('readConfigFile', () => {
  test.each([
    ['brp.json', '{"endpoints": ["http://a"], "timeouts": {"idleMs": 5}}'],
    ['brp.json', '\uFEFF{"endpoints": ["http://a"], "timeouts": {"idleMs": 5}}'],
    ['brp.json', '{"$schema": "./config.schema.json", "endpoints": ["http://a"], "timeouts": {"idleMs": 5}}'],
    ['brp.yaml', 'endpoints: [http://a]\ntimeouts:\n  idleMs: 5 # not long\n'],
    ['brp.yaml', '$schema: ./config.schema.json\nendpoints: [http://a]\ntimeouts:\n  idleMs: 5\n'],
    ['BRP.YML', 'endpoints:\n  - http://a\ntimeouts: { idleMs: 5 }'],
  ])('reads %s', async (name, text) => {
    const file = temporaryFile(resources, name, text);
    expect((await readConfigFile(file)).options).toEqual({ endpoints: ['http://a'], timeouts: { idleMs: 5 } });
  });

  test('reads what only YAML can say', async () => {
    const file = temporaryFile(resources, 'brp.yaml', 'a: &same { totalMs: .inf }\nb: *same');
    expect((await readConfigFile(file)).options).toEqual({ a: { totalMs: Infinity }, b: { totalMs: Infinity } });
  });

  test.each([
    ['brp.json', '{"a": 1,\n  "b": secret}', ":2:8: Unexpected token 's'"],
    ['brp.json', '{"a": 1,\n  "b" 2}', ":2:7: Expected ':' after property name"],
    ['brp.json', '{"a": 1', ":1:8: Expected ',' or '}' after property value"],
    ['brp.json', '{"a":\n', ':2:1: Unexpected end of JSON input'],
    ['brp.json', '', ':1:1: Unexpected end of JSON input'],
    ['brp.json', '[{}]', 'expected the options by name, got a list'],
    ['brp.json', '"secret"', 'expected the options by name, got a text'],
    ['brp.yaml', 'a: 1\nb: [secret', ':2:11: the indentation does not fit, or a bracket is missing'],
    ['brp.yaml', 'a:\n  - b: 1\n   c: secret', ':3:1: the indentation does not fit, or a bracket is missing'],
    ['brp.yaml', 'a:\n  b: 1\n   c: secret', ':2:6: a map or list cannot stand here; .* indentation .*'],
    ['brp.yaml', 'a: 1\na: secret', ':2:1: the key is there already'],
    ['brp.yaml', 'a:\n\t- secret', ':2:1: tabs cannot be used for indentation'],
    ['brp.yaml', 'a: !!js/secret x', ':1:4: the tag is unknown or does not fit'],
    ['brp.yaml', 'a: !secret', ':1:4: the tag is unknown or does not fit'],
    ['brp.yaml', 'a: 1\nb: { c: *secret }', ':2:9: an alias needs an anchor of the same name before it'],
    ['brp.yaml', 'a: *b\nb: &b secret', ':1:4: an alias needs an anchor of the same name before it'],
    ['brp.yaml', 'a: |secret', ':1:5: this is not expected here; .*'],
    ['brp.yaml', 'a: "\\usecret"', ':1:5: the escape sequence is unknown'],
    ['brp.yaml', '%secret\n---\na: 1', ':1:1: the directive is unknown or not whole'],
    ['brp.yaml', 'a: "secret', ':1:11: a quote, bracket, colon, comma or blank is missing'],
    ['brp.yaml', 'a: b: secret', ':1:4: a map or list cannot stand here; .*'],
    ['brp.yaml', 'a: @secret', ':1:4: a text that begins like this needs quotes'],
    ['brp.yaml', 'a: 1\n--- secret', ':2:1: there can be one document only'],
    ['brp.yaml', '- a', 'expected the options by name, got a list'],
    ['brp.yaml', '# nothing yet\n', 'expected the options by name, got nothing'],
    ['brp.yaml', '12', 'expected the options by name, got 12'],
    ['brp.toml', 'a = 1', 'expected a file of -config whose name ends in .json, .yaml or .yml'],
    ['brp', '{}', 'expected a file of -config whose name ends in .json, .yaml or .yml'],
  ])('refuses a %s of %j', async (name, text, message) => {
    const file = temporaryFile(resources, name, text);
    const error = await readConfigFile(file).catch((thrown) => thrown);
    expect(error).toMatchObject({
      name: 'CommandError',
      exitCode: 2,
      lines: [expect.stringMatching(`^${file}${message.startsWith(':') ? '' : ': '}${message}$`)],
    });
    expect(error.message).not.toContain('secret');
  });

  test.each([
    ['missing.json', 'ENOENT'],
    ['folder.json', 'EISDIR'],
  ])('says why a %s cannot be read', async (name, code) => {
    const folder = temporaryFolder(resources);
    await mkdir(path.join(folder, 'folder.json'));
    const file = path.join(folder, name);
    await expect(readConfigFile(file)).rejects.toThrow(new RegExp(`^${file}: cannot be read: ${code}`));
  });

  test('is not led to its end by a bomb of aliases', async () => {
    const levels = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`);
    const file = temporaryFile(resources, 'bomb.yaml', `a0: &a0 x\n${levels.join('\n')}`);
    await expect(readConfigFile(file)).rejects.toThrow(
      /bomb.yaml: its aliases or tags lead to nothing that can be used$/,
    );
  });
});

describe('overlay', () => {
  test.each([
    [{ a: 1, b: 2 }, { b: 3 }, { a: 1, b: 3 }],
    [{ timeouts: { idleMs: 1, totalMs: 2 } }, { timeouts: { idleMs: 3 } }, { timeouts: { idleMs: 3, totalMs: 2 } }],
    [{ via: 'a' }, { via: undefined }, { via: undefined }],
    [{ endpoints: ['a', 'b'] }, { endpoints: ['c'] }, { endpoints: ['c'] }],
  ])('of %j and %j gives %j', (below, above, merged) => {
    expect(overlay(below, above)).toEqual(merged);
  });
});

describe('the flags', () => {
  test('have the defaults of the options that they set, so that a file decides what no flag does', async () => {
    const endpoints = ['-endpoints', 'http://a.example'];
    const all = flagNames
      .filter((name) => !['endpoints', 'via', 'help', 'version'].includes(name))
      .map((name) => `-${name}=${flags[name].fallback}`);
    const optionsFor = async (argv: readonly string[]) => {
      const { options } = await configurationReader(parseFlags(argv))();
      const { via, transport, terminalStatuses, preferStatuses, ...comparable } = resolveOptions(options);
      return comparable;
    };
    expect(await optionsFor([...endpoints, ...all])).toEqual({
      ...(await optionsFor(endpoints)),
      // The library and Node do the same by default where there is no Express.
      trustForwarded: false,
      tls: { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true },
    });
  });
});

describe('a default that the command has for itself', () => {
  test.each([
    ['holds where nobody says anything', undefined, [], 60_000],
    ['holds where the file says other things', { timeouts: { idleMs: 5 } }, [], 60_000],
    ['gives way to the file', { timeouts: { clientMs: 7 } }, [], 7],
    ['gives way to the flag, which stands above the file', { timeouts: { clientMs: 7 } }, ['0'], Infinity],
  ])('%s', async (_, file, texts, expected) => {
    const config = file ? ['-config', temporaryFile(resources, 'brp.json', file)] : [];
    const given = texts.map((text) => `-client-write-timeout=${text}`);
    const { options } = await configurationReader(parseFlags(['-e', 'http://a.example', ...config, ...given]))();
    expect(options.timeouts?.clientMs).toBe(expected);
  });
});

/** An endpoint that says what it was asked for and by whom. */
const mirror: RequestListener = ({ url, headers }, res) => void res.end(`${url} via ${headers.via}`);

describe('-config', () => {
  test.each([
    ['brp.json', (url: string) => JSON.stringify({ endpoints: [{ url, name: 'one' }], exposeEndpoint: true })],
    ['brp.yaml', (url: string) => `endpoints:\n  - url: ${url}\n    name: one\nexposeEndpoint: true\n`],
  ])('serves what stands in %s', async (name, contentFor) => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const command = startLocally('-config', temporaryFile(resources, name, contentFor(endpoint.url)));
    const url = await command.url();
    expect(await request(url)).toMatchObject({ text: 'hello', headers: { 'x-served-by': 'one' } });
    expect(await command.line(/configuring/)).toMatch(/configuring endpoint 0: "one"$/);
  });

  test('may have settings of its own for each endpoint', async () => {
    const certificate = await createCertificate('api.internal');
    const secure = await resources.listen(https.createServer(certificate, answering(200, 'of https')));
    const partial = await resources.start(answering(404, 'not here'));
    const slow = await resources.start(hanging);
    const command = startLocally(
      '-config',
      temporaryFile(resources, 'brp.json', {
        endpoints: [
          { url: partial.url, terminalStatuses: '200' },
          { url: slow.url, timeouts: { responseMs: 50 }, maxInFlight: 1 },
          {
            url: secure.url.replace('http:', 'https:'),
            tls: { servername: 'api.internal', ca: certificate.cert },
            tier: 1,
          },
        ],
        strategy: 'failover',
      }),
    );
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'of https' });
    expect([partial.asked(), slow.asked()]).toEqual([1, 1]);
  });

  test('is warned of for an endpoint whose certificate is not checked', async () => {
    const endpoints = ['http://a.example', { url: 'https://b.example', tls: { rejectUnauthorized: false } }];
    const file = temporaryFile(resources, 'brp.json', { endpoints });
    const command = startLocally('-config', file);
    const why = `\`endpoints[1].tls.rejectUnauthorized\` is off in ${file}, its certificate is not verified`;
    expect(await command.line(/warning/)).toContain(`warning: ${why}`);
  });

  test('gives way to variables, and these to flags', async () => {
    const endpoint = await resources.start(mirror);
    const file = temporaryFile(resources, 'brp.json', {
      endpoints: [endpoint.url],
      via: 'of-file',
      exposeEndpoint: true,
      timeouts: { totalMs: 1, idleMs: 50, clientMs: 60_000 },
    });
    const viaOf = async (args: readonly string[], environment: Record<string, string>) => {
      const settings = { environment: { BRP_CONFIG: file, BRP_TOTAL_TIMEOUT: '20s', ...environment } };
      const command = new LocalCommand(['-address', '127.0.0.1:0', ...args], settings);
      const { text, headers } = await request(await command.url());
      return `${text} ${headers['x-served-by']}`;
    };
    const name = new URL(endpoint.url).origin;
    expect(await viaOf([], {})).toBe(`/ via 1.1 of-file ${name}`);
    expect(await viaOf([], { BRP_VIA: 'of-variable' })).toBe(`/ via 1.1 of-variable ${name}`);
    expect(await viaOf(['-via', 'of-flag'], { BRP_VIA: 'of-variable' })).toBe(`/ via 1.1 of-flag ${name}`);
    expect(await viaOf(['-via=', '-expose-endpoint=false'], {})).toMatch(
      /via 1\.1 balancing-reverse-proxy-\w{8} undef/,
    );
  });

  test('may leave the endpoints to a flag, and the log of queries to itself', async () => {
    const endpoint = await resources.start(mirror);
    const command = startLocally(
      '-e',
      endpoint.url,
      '-config',
      temporaryFile(resources, 'brp.json', { logQuery: true }),
    );
    await request(`${await command.url()}/path?a=b`);
    expect(await command.line(/served/)).toMatch('GET /path?a=b served');
  });

  test.each<[string, object, readonly string[], readonly RegExp[]]>([
    [
      'of an unknown name',
      { endpoint: 'http://a' },
      [],
      [/FILE: option `endpoint` is unknown; did you mean `endpoints`\?/, /FILE: option `endpoints`: expected/],
    ],
    [
      'of an unknown name beside a flag',
      { endpoint: 'x' },
      ['-e', 'http://a'],
      [/FILE: option `endpoint` is unknown; did you/],
    ],
    ['of a missing one', { via: 'x' }, [], [/FILE: option `endpoints`: expected .*, got undefined/]],
    [
      'of a wrong one',
      { endpoints: ['one.com'] },
      [],
      [/FILE: option `endpoints\[0\]`: expected an absolute.*'one\.com'/],
    ],
    [
      'of a duration that is none',
      { endpoints: ['http://a'], timeouts: { idleMs: '30s' } },
      [],
      [/FILE: option `timeouts\.idleMs`: .* got '30s'/],
    ],
    [
      'of the settings of an endpoint',
      { endpoints: ['http://a', { url: 'http://b', timeouts: { connectMs: '3s' }, tls: { key: 'x' }, tier: -1 }] },
      [],
      [
        /FILE: option `endpoints\[1\]\.tier`: expected a whole number from 0, got -1/,
        /FILE: option `endpoints\[1\]\.timeouts\.connectMs`: .* got '3s'/,
      ],
    ],
    [
      'of all',
      {
        endpoints: ['one.com', 'http://b'],
        order: 'best',
        transport: 'undici',
        logger: true,
        fallthrough: true,
        isUsable: 'x => x',
      },
      [],
      [
        /FILE: option `transport` cannot stand in a file: use the flags -transport and -http2/,
        /FILE: option `logger` cannot stand in a file: the command writes its log itself/,
        /FILE: option `fallthrough` cannot stand in a file: .* nothing stands behind the command/,
        /FILE: option `isUsable` cannot stand in a file: it is a function/,
        /FILE: option `endpoints\[0\]`/,
        /FILE: option `order`: expected one of 'given'/,
      ],
    ],
    [
      'of a flag and of the file',
      { endpoints: ['one.com'], strategy: 'hope', via: 'a b' },
      ['-e', 'two.com', '-via', 'c d'],
      [/flag -endpoints \(endpoint 0\): expected.*'two\.com'/, /FILE: option `strategy`/, /flag -via: expected.*'c d'/],
    ],
    [
      'of __proto__',
      JSON.parse('{"endpoints":["http://a"],"__proto__":{"x":1}}'),
      [],
      [/FILE: option `__proto__` is unknown/],
    ],
  ])('names the file in every problem of its own: %s', async (_, content, args, patterns) => {
    const file = temporaryFile(resources, 'brp.json', content);
    const { exitCode, stdout, stderr } = await runLocally('-config', file, ...args);
    const lines = stderr.trimEnd().split('\n');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(lines).toHaveLength(patterns.length);
    for (const [index, pattern] of patterns.entries()) {
      // JSON.stringify() writes a single line.
      const line = lines[index]?.replace(`${file}:1:`, 'FILE:1:');
      expect(line?.replace(/FILE:1:\d+/, 'FILE')).toMatch(new RegExp(`^balancing-reverse-proxy: ${pattern.source}`));
    }
  });

  test('does not stand in for endpoints that a flag takes away', async () => {
    const file = temporaryFile(resources, 'brp.json', { endpoints: ['http://a.example'] });
    expect(await runLocally('-config', file, '-endpoints=')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'balancing-reverse-proxy: flag -endpoints: expected comma-separated URLs, got nothing\n',
    });
  });

  test('ends the command with 2 when it cannot be read', async () => {
    expect(await runLocally('-config', '/missing/brp.json')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^balancing-reverse-proxy: \/missing\/brp\.json: cannot be read: ENOENT.*\n$/),
    });
  });
});

describe('without yaml', () => {
  test('a JSON file works and a YAML file fails with one line that says what to install', async () => {
    const entry = bareCommand(resources);
    const yaml = temporaryFile(resources, 'brp.yaml', 'endpoints: [http://a.example]');
    expect(await new Command(['-config', yaml], { entry }).ended).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `balancing-reverse-proxy: ${yaml}: yaml is not installed; npm install yaml, or write the file in JSON\n`,
    });
    const json = temporaryFile(resources, 'brp.json', { endpoints: ['http://a.example'] });
    const command = new Command(['-config', json, '-address', '127.0.0.1:0'], { entry });
    expect(await command.url()).toMatch(/^http/);
  });
});
