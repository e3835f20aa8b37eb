import { existsSync } from 'node:fs';
import path from 'node:path';
import { createCertificate } from '../../../shared/certificate.ts';
import { Resources } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { Command, LocalCommand, runLocally, startLocally } from '../command.ts';
import { bareCommand, temporaryFile, temporaryFolder } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const good = ['-e', 'http://a.example', '-check'];

describe('-check', () => {
  test('says OK and what would run', async () => {
    const { cert, key } = await createCertificate();
    const text = [
      'endpoints:',
      '  - http://user:secret@a.example/base?key=secret',
      "  - { url: 'https://10.0.0.7', name: b, tier: 1 }",
      "  - { dns: 'http://api.internal:8080', tier: 2, refreshMs: 5000 }",
      'strategy: hedge',
      'unsafeMethods: single',
    ].join('\n');
    const ended = await runLocally(
      ...['-config', temporaryFile(resources, 'brp.yaml', text), '-check', '-workers', '4', '-admin', '[::1]:9090'],
      ...[
        '-tls-cert',
        temporaryFile(resources, 'cert.pem', cert),
        '-tls-key',
        temporaryFile(resources, 'key.pem', key),
      ],
      ...['-transport', 'undici', '-http2', '-log-format', 'json'],
    );
    expect({ ...ended, stdout: ended.stdout.split('\n') }).toEqual({
      exitCode: 0,
      stdout: [
        'OK',
        'address :8080, https, 4 workers',
        'strategy hedge, single for unsafe methods',
        'endpoint 0: http://a.example/base',
        'endpoint 1: b, tier 1, TLS',
        'endpoint 2: dns http://api.internal:8080 (A, every 5s), tier 2',
        'transport undici with HTTP/2',
        'admin [::1]:9090',
        'log stdout, json',
        '',
      ],
      stderr: '',
    });
  });

  test('takes variables', async () => {
    const environment = { BRP_ENDPOINTS: 'http://a.example', BRP_ADDRESS: 'localhost:80' };
    const { exitCode, stdout } = await new LocalCommand(['-check'], { environment }).ended;
    expect([exitCode, stdout.split('\n', 2)]).toEqual([0, ['OK', 'address localhost:80, http, one process']]);
  });

  test('says all that is wrong, and only that', async () => {
    const file = temporaryFile(resources, 'brp.yaml', 'endpoints: [one.com]\nstrategy: hope\nvias: x\n');
    const folder = temporaryFolder(resources);
    const { exitCode, stdout, stderr } = await runLocally(
      ...['-check', '-config', file, '-via', 'a b', '-log-file', path.join(folder, 'missing', 'log')],
      ...['-tls-cert', path.join(folder, 'cert.pem'), '-tls-key', path.join(folder, 'key.pem')],
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    const lines = stderr.replaceAll(file, 'FILE').split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^balancing-reverse-proxy: flag -tls-cert: .*cert\.pem cannot be read: ENOENT/),
      expect.stringMatching(/^balancing-reverse-proxy: flag -tls-key: .*key\.pem cannot be read: ENOENT/),
      expect.stringMatching(/^balancing-reverse-proxy: FILE:3:1: option `vias` is unknown; did you mean `via`\?$/),
      expect.stringMatching(/^balancing-reverse-proxy: FILE:1:13: option `endpoints\[0\]`: expected/),
      expect.stringMatching(/^balancing-reverse-proxy: FILE:2:11: option `strategy`: expected/),
      expect.stringMatching(/^balancing-reverse-proxy: flag -via: expected/),
      expect.stringMatching(/^balancing-reverse-proxy: flag -log-file: ENOENT: .*access '.*missing'$/),
      '',
    ]);
  });

  test('says where no Unix socket can be made', async () => {
    const folder = temporaryFolder(resources);
    const [good, bad] = [`unix:${folder}/a.sock`, `unix:${folder}/missing/b.sock`];
    const { exitCode, stderr } = await runLocally('-check', '-e', 'http://a', '-address', good, '-admin', bad);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^balancing-reverse-proxy: flag -admin: ENOENT: .*access '.*missing'\n$/);
    const { exitCode: exitCodeOfGood, stdout } = await runLocally('-check', '-e', 'http://a', '-address', good);
    expect([exitCodeOfGood, stdout.split('\n')[1]]).toEqual([0, `address ${good}, http, one process`]);
  });

  test('says where a folder, or another file, stands in the way', async () => {
    const folder = temporaryFolder(resources);
    const file = temporaryFile(resources, 'file', '');
    const { exitCode, stderr } = await runLocally(
      ...['-check', '-e', 'http://a', '-log-file', folder, '-address', `unix:${file}`],
    );
    expect(exitCode).toBe(2);
    expect(stderr.split('\n')).toEqual([
      `balancing-reverse-proxy: flag -address: ${file} is there and no socket; it stays as it is`,
      `balancing-reverse-proxy: flag -log-file: ${folder} is a directory`,
      '',
    ]);
  });

  test('says what is wrong with a file that is none, and with the rest', async () => {
    const file = temporaryFile(resources, 'brp.json', '{"endpoints": [');
    const { exitCode, stderr } = await runLocally('-check', '-config', file, '-tls-ca', '/missing');
    expect(exitCode).toBe(2);
    expect(stderr.replaceAll(file, 'FILE').split('\n')).toEqual([
      expect.stringMatching(/flag -tls-ca: \/missing cannot be read: ENOENT/),
      'balancing-reverse-proxy: FILE:1:16: Unexpected end of JSON input',
      '',
    ]);
  });

  test('knows that a worker of somebody else can have no workers', async () => {
    const main = new URL('../../../src/cli/main.ts', import.meta.url);
    const launcher = `import cluster from 'node:cluster';
      if (cluster.isWorker) await import(${JSON.stringify(main.href)});
      else cluster.fork().once('exit', (code) => process.exit(code));`;
    const entry = temporaryFile(resources, 'launcher.mjs', launcher);
    const ended = await new Command([...good, '-workers', '2'], { entry }).ended;
    expect(ended).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('flag -workers') });
  });

  test('listens nowhere and makes no file', async () => {
    const { port } = await resources.start(answering(200, 'taken'));
    const log = path.join(temporaryFolder(resources), 'log');
    const address = `127.0.0.1:${port}`;
    const { exitCode } = await runLocally(...good, '-address', address, '-admin', address, '-log-file', log);
    expect([exitCode, existsSync(log)]).toEqual([0, false]);
  });

  test.each<[string, string[], Record<string, string>, RegExp]>([
    [
      'an unknown variable',
      [],
      { BRP_ADRESS: ':80' },
      /^.*: warning: variable BRP_ADRESS is unknown .*BRP_ADDRESS\?\n$/,
    ],
    ['BRP_CHECK, which would keep a container from serving', [], { BRP_CHECK: 'true' }, /^.*BRP_CHECK is unknown/],
    ['-insecure', ['-insecure'], {}, /^.*: warning: -insecure is on, certificates of endpoints are not verified\n$/],
  ])('warns of %s', async (_, args, environment, warning) => {
    const { exitCode, stdout, stderr } = await new LocalCommand([...good, ...args], { environment }).ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^OK\n/) });
    expect(stderr).toMatch(warning);
  });

  test('serves when it is false', async () => {
    const command = startLocally('-e', 'http://a.example', '-check=false');
    expect(await command.line(/starting on/)).toMatch(/starting on/);
  });

  test('gives way to -version', async () => {
    const { stdout } = await runLocally('-check', '-version');
    expect(stdout).toMatch(/^balancing-reverse-proxy \d/);
  });

  test('as a process that lacks packages says all that lack', async () => {
    const entry = bareCommand(resources);
    const args = [
      '-check',
      '-config',
      temporaryFile(resources, 'brp.yaml', 'endpoints: [http://a]'),
      '-transport',
      'undici',
    ];
    const { exitCode, stdout, stderr } = await new Command(args, { entry }).ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'balancing-reverse-proxy: flag -transport: undici is not installed; npm install undici',
      expect.stringMatching(/brp\.yaml: yaml is not installed; npm install yaml, or write the file in JSON$/),
      '',
    ]);
  });
});
