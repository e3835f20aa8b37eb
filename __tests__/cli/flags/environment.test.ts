import { flagsInEnvironment, warningsOf } from '../../../src/cli/flags/environment.ts';
import { variableOf } from '../../../src/cli/flags/flag-value.ts';
import { flagNames } from '../../../src/cli/flags/flags.ts';
import { parseFlags } from '../../../src/cli/flags/parse-flags.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { LocalCommand } from '../command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

describe('flagsInEnvironment', () => {
  test.each([
    ['BRP_ENDPOINTS', 'http://a,http://b', 'endpoints', 'http://a,http://b'],
    ['BRP_LOG_FORMAT', 'json', 'log-format', 'json'],
    ['BRP_LOG_UTC', 'true', 'log-utc', true],
    ['BRP_FANOUT', '0', 'fanout', false],
    ['BRP_ADMIN', ':9090', 'admin', { host: undefined, port: 9090 }],
    ['BRP_SHUTDOWN_DELAY', '5s', 'shutdown-delay', 5_000],
    ['BRP_BODY_LIMIT', '2MiB', 'body-limit', 2_097_152],
  ])('takes %s=%s for -%s', (variable, text, name, value) => {
    const texts = flagsInEnvironment({ [variable]: text });
    expect(texts).toEqual([{ name, text, origin: 'variable' }]);
    expect(parseFlags([], { [variable]: text }).values).toMatchObject({ [name]: value });
  });

  test('knows a variable for every flag but -check, -version and -help', () => {
    const known = flagsInEnvironment(Object.fromEntries(flagNames.map((name) => [variableOf(name), 'x']))).map(
      ({ name }) => name,
    );
    expect(flagNames.filter((name) => !known.includes(name))).toEqual(['check', 'version', 'help']);
  });

  test('takes an empty variable for none', () => {
    expect(flagsInEnvironment({ BRP_ADDRESS: '', BRP_LOG_PREFIX: '' })).toEqual([]);
  });

  test('refuses what the flag would refuse, naming the variable', () => {
    const refused = () => parseFlags([], { BRP_ADDRESS: '8080' });
    expect(refused).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(refused).toThrow(/^variable BRP_ADDRESS: expected an address such as :8080, .*, got '8080'$/);
  });
});

describe('warningsOf', () => {
  test.each([
    ['BRP_ENDPOINT', 'variable BRP_ENDPOINT is unknown and ignored; did you mean BRP_ENDPOINTS?'],
    ['BRP_LOGFORMAT', 'variable BRP_LOGFORMAT is unknown and ignored; did you mean BRP_LOG_FORMAT?'],
    ['BRP_SOMETHING_ELSE', 'variable BRP_SOMETHING_ELSE is unknown and ignored'],
    ['BRP_VERSION', 'variable BRP_VERSION is unknown and ignored'],
  ])('names %s', (variable, warning) => {
    expect(warningsOf({ [variable]: 'x', PATH: '/bin', BRP_ENDPOINTS: 'http://a' })).toEqual([warning]);
  });

  test.each([
    'BRP_SERVICE_HOST',
    'BRP_SERVICE_PORT',
    'BRP_SERVICE_PORT_HTTP',
    'BRP_PORT',
    'BRP_PORT_8080_TCP',
    'BRP_PORT_8080_TCP_PROTO',
    'BRP_PORT_8080_TCP_ADDR',
    'BRP_ADMIN_SERVICE_HOST',
    'BRP_ADMIN_PORT_9090_TCP_PORT',
  ])('is silent about %s, which Kubernetes sets', (variable) => {
    expect(warningsOf({ [variable]: 'tcp://10.0.0.1:8080' })).toEqual([]);
  });
});

describe('parseFlags', () => {
  test('takes a flag from the environment where the command line has none', () => {
    const { values, given } = parseFlags(['-via', 'line'], { BRP_VIA: 'environment', BRP_STRATEGY: 'hedge' });
    expect(values).toMatchObject({ via: 'line', strategy: 'hedge', timeout: 30_000 });
    expect(Object.fromEntries(given)).toEqual({ via: 'flag', strategy: 'variable' });
  });

  test('tells of all values that are wrong at once, on the command line and in the environment', () => {
    const refused = () => parseFlags(['-workers', 'x', '-timeout=5'], { BRP_ADDRESS: '8080', BRP_VIA: 'fleet' });
    expect(refused).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(refused).toThrow(/^variable BRP_ADDRESS: .*\nflag -workers: .*\nflag -timeout: .*$/);
  });

  test.each(['-help', '-version'])('looks at no variables for %s', (flag) => {
    expect(parseFlags([flag], { BRP_ADDRESS: '8080' }).given).toEqual(new Map([[flag.slice(1), 'flag']]));
    expect(() => parseFlags([`${flag}=false`], { BRP_ADDRESS: '8080' })).toThrow('BRP_ADDRESS');
  });
});

describe('the command', () => {
  test('needs no arguments when the environment has the endpoints', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const environment = { BRP_ENDPOINTS: endpoint.url, BRP_ADDRESS: '127.0.0.1:0', BRP_LOG_PREFIX: 'from-variable' };
    const command = new LocalCommand([], { environment });
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'hello' });
    expect(await command.line(/starting on/)).toMatch(/^from-variable /);
  });

  test('fails with exit code 2 and the name of a variable that makes no sense', async () => {
    const environment = { BRP_ENDPOINTS: 'http://a.example,one.com', BRP_ADDRESS: '127.0.0.1:0' };
    expect(await new LocalCommand([], { environment }).ended).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^balancing-reverse-proxy: variable BRP_ENDPOINTS \(endpoint 1\): expected an absolute http.*, got 'one\.com'\n$/,
      ),
    });
  });

  test('warns of a variable that it does not know, and works', async () => {
    const environment = { BRP_ADRESS: ':1', BRP_SERVICE_HOST: '10.0.0.1' };
    const command = new LocalCommand(['-e', 'http://a.example', '-address', '127.0.0.1:0'], { environment });
    await command.url();
    expect(command.lines.filter((line) => line.includes('BRP_'))).toEqual([
      expect.stringMatching(/ warning: variable BRP_ADRESS is unknown and ignored; did you mean BRP_ADDRESS\?$/),
    ]);
  });

  test('shows its version whatever the environment says', async () => {
    const { exitCode, stdout } = await new LocalCommand(['-version'], { environment: { BRP_ADDRESS: 'x' } }).ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^balancing-reverse-proxy \d/) });
  });

  test.each([
    ['flag over variable', ['-fanout=false'], { BRP_STRATEGY: 'race' }, 'failover'],
    ['flag over variable, the other way round', ['-strategy', 'failover'], { BRP_FANOUT: 'true' }, 'failover'],
  ])('takes the %s where they say different strategies', async (_, args, environment, strategy) => {
    const bad = await resources.start(answering(500, 'bad'));
    const good = await resources.start(answering(200, 'good'));
    const spare = await resources.start(answering(200, 'spare'));
    const endpoints = [bad, good, spare].map(({ url }) => url).join(',');
    const command = new LocalCommand(['-e', endpoints, '-address', '127.0.0.1:0', ...args], { environment });
    expect(await request(await command.url())).toMatchObject({ text: 'good' });
    expect(spare.accepted).toBe(strategy === 'failover' ? 0 : 1);
  });
});
