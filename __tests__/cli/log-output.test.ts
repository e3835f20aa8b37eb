import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { Resources, request } from '../helpers/proxy.ts';
import { answering, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { Command, start, startLocally } from './command.ts';
import { temporaryFile } from './files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const bare = ['-log-prefix=', '-log-date=false', '-log-time=false'];

/** Starts a command in front of a bad and a good endpoint and sends it one request. */
async function serveOne(...flags: readonly string[]) {
  const bad = await resources.start(answering(500, 'bad'));
  const good = await resources.start(answering(200, 'good'));
  const command = startLocally('-e', `${bad.url},${good.url}`, '-fanout=false', ...flags);
  await request(`${await command.url()}/path?q=1`);
  await command.line(/served/);
  return { command, bad: bad.url, good: good.url };
}

describe('the log', () => {
  test('tells the endpoints, the address and what became of each request', async () => {
    const { command, bad, good } = await serveOne(...bare);
    const time = expect.stringMatching;
    expect(command.lines).toEqual([
      `configuring endpoint 0: "${bad}"`,
      `configuring endpoint 1: "${good}"`,
      `starting on: "127.0.0.1:${new URL(await command.url()).port}"`,
      time(
        `^request 1 GET /path\\?\\.\\.\\. served in [\\d.]+[mµ]?s by endpoint 1 "${good}": status 200, 4 bytes; endpoint 0 "${bad}": 500 in [\\d.]+[mµ]?s \\(unusable\\) \\[client 127.0.0.1, id [\\da-f-]{36}\\]$`,
      ),
    ]);
  });

  test.each(['warn', 'error'])('with -log-level %s has nothing of what goes well', async (level) => {
    const good = await resources.start(answering(200, 'good'));
    const { host } = new URL(await refusedUrl());
    const command = new Command(['-e', good.url, '-address', host, `-log-level=${level}`]);
    await until(() =>
      request(`http://${host}`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    await good.close();
    expect(await request(`http://${host}`)).toMatchObject({ status: 502 });
    command.signal('SIGTERM');
    const { stdout } = await command.ended;
    expect(stdout).toMatch(/^.*request \d+ GET \/: endpoints failed to return a usable response.*\n$/);
  });

  test('with -log-level debug tells of each attempt, too', async () => {
    const { command, bad, good } = await serveOne(...bare, '-log-level=debug');
    const time = expect.stringMatching;
    expect(command.lines).toEqual([
      `configuring endpoint 0: "${bad}"`,
      `configuring endpoint 1: "${good}"`,
      `starting on: "127.0.0.1:${new URL(await command.url()).port}"`,
      time(`^request 1 GET /path\\?\\.\\.\\.: endpoint 0 "${bad}": 500 in [\\d.]+[mµ]?s \\(unusable\\)$`),
      time(`^request 1 GET /path\\?\\.\\.\\.: endpoint 1 "${good}" \\(failure\\): 200 in [\\d.]+[mµ]?s$`),
      time(
        `^request 1 GET /path\\?\\.\\.\\. served in [\\d.]+[mµ]?s by endpoint 1 "${good}": status 200, 4 bytes \\[client 127.0.0.1, id [\\da-f-]{36}\\]$`,
      ),
    ]);
  });

  test('tells when no endpoint was of use', async () => {
    const refused = await refusedUrl();
    const command = startLocally('-e', refused, '-log-level=debug');
    expect(await request(await command.url())).toMatchObject({ status: 502 });
    expect(await command.line(/endpoint 0 .*failed after/)).toMatch(
      `cannot connect to ${refused}: connect ECONNREFUSED`,
    );
    expect(await command.line(/returning/)).toMatch(
      /request 1 GET \/: endpoints failed to return a usable response, returning 502 in \S+ \(ERR_BRP_EXHAUSTED\) \[client 127.0.0.1, id [\da-f-]{36}\]$/,
    );
  });

  test('begins each line with prefix, date and time', async () => {
    const { command } = await serveOne();
    for (const line of command.lines) {
      expect(line).toMatch(/^balancing-reverse-proxy \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d [a-z]/);
    }
  });

  test.each([
    ['-log-prefix', ['-log-prefix', 'edge'], /^edge \d{4}\//],
    ['-log-date=false', ['-log-date=false'], /^balancing-reverse-proxy \d\d:\d\d:\d\d [a-z]/],
    ['-log-time=false', ['-log-time=false'], /^balancing-reverse-proxy \d{4}\/\d\d\/\d\d [a-z]/],
    ['-log-msec', ['-log-msec'], /^balancing-reverse-proxy \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{3} [a-z]/],
  ])('looks different with %s', async (_, flags, look) => {
    const command = startLocally('-e', 'http://a.example', ...flags);
    expect(await command.line(/starting on/)).toMatch(look);
  });

  test.each([
    ['local time', [], 5],
    ['UTC with -log-utc', ['-log-utc'], 0],
  ])('has %s', async (_, flags, hoursAhead) => {
    const args = ['-e', 'http://a.example', '-address', '127.0.0.1:0', ...flags];
    const command = new Command(args, { environment: { TZ: 'Etc/GMT-5' } });
    const [, date, time] = (await command.line(/starting on/)).split(' ');
    const writtenMs = Date.parse(`${date?.replaceAll('/', '-')}T${time}Z`);
    expect(Math.round((writtenMs - Date.now()) / 3_600_000)).toBeCloseTo(hoursAhead);
  });

  test('with -log-format json is an object per line', async () => {
    const { command, bad, good } = await serveOne('-log-format', 'json');
    const entries = command.lines.map((line) => JSON.parse(line));
    for (const { time, level, message } of entries) {
      expect(new Date(time).toISOString()).toBe(time);
      expect(`${level} ${message}`).toMatch(/^(info|warn) \w/);
    }
    expect(entries.at(-1)).toMatchObject({
      event: 'request-ended',
      requestId: 1,
      method: 'GET',
      url: '/path?...',
      status: 200,
      bytes: 4,
      durationMs: expect.any(Number),
      winner: good,
      attempts: [
        { endpoint: bad, outcome: 'unusable', status: 500, durationMs: expect.any(Number) },
        { endpoint: good, outcome: 'won', status: 200, durationMs: expect.any(Number) },
      ],
    });
  });

  test.each([
    ['one process', []],
    ['two workers', ['-workers', '2']],
  ])('with -log-format json tells of the client of %s', async (_, flags) => {
    const endpoint = await resources.start((req, res) => void req.pipe(res));
    const command = start('-e', endpoint.url, '-log-format=json', '-trust-forwarded=loopback', ...flags);
    const headers = {
      Host: 'a.example',
      'User-Agent': 'te\tst',
      'X-Request-Id': 'abc',
      'X-Forwarded-For': '203.0.113.9',
    };
    const response = await request(await command.url(), { method: 'POST', body: 'hello', headers });
    expect(response.headers['x-request-id']).toBe('abc');
    expect(JSON.parse(await command.line(/request-ended/))).toMatchObject({
      xRequestId: 'abc',
      clientAddress: '203.0.113.9',
      host: 'a.example',
      userAgent: 'te\tst',
      httpVersion: '1.1',
      bytes: 5,
      bytesReceived: 5,
    });
  });

  test('with -x-request-id=false has no ids, and gives none', async () => {
    const endpoint = await resources.start((req, res) => void res.end(req.headers['x-request-id']));
    const command = startLocally('-e', endpoint.url, '-x-request-id=false');
    const { headers, text } = await request(await command.url());
    expect([text, headers['x-request-id']]).toEqual(['', undefined]);
    expect(await command.line(/served/)).toMatch(/ \[client 127\.0\.0\.1\]$/);
  });

  test('with -log-format json names the error of a request that failed', async () => {
    const command = startLocally('-e', await refusedUrl(), '-log-format=json');
    await request(await command.url());
    expect(JSON.parse(await command.line(/request-ended/))).toMatchObject({
      level: 'error',
      status: 502,
      winner: null,
      error: 'ERR_BRP_EXHAUSTED',
      attempts: [{ outcome: 'failed', error: 'ERR_BRP_CONNECT' }],
    });
  });
});

describe('-log-file', () => {
  test('appends to a file', async () => {
    const file = temporaryFile(resources, 'log', 'earlier\n');
    const command = startLocally('-e', 'http://a.example', '-log-file', file, '-stop-after', '1ms', ...bare);
    expect(await command.ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toMatch(
      /^earlier\nconfiguring endpoint 0: "http:\/\/a\.example"\n(.*\n)*stopped\n$/,
    );
  });

  test('stderr leaves stdout empty', async () => {
    const command = startLocally('-e', 'http://a.example', '-log-file', 'stderr', '-stop-after', '1ms');
    expect(await command.ended).toEqual({ exitCode: 0, stdout: '', stderr: expect.stringContaining('starting on') });
  });

  const testOnFullDisk = existsSync('/dev/full') ? test : test.skip;
  testOnFullDisk('on a full disk is complained of once, and the proxy goes on', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const { host } = new URL(await refusedUrl());
    const command = new Command(['-e', endpoint.url, '-address', host, '-log-file', '/dev/full']);
    await command.line(/cannot write the log: .*ENOSPC/, 'stderr');
    expect(await request(`http://${host}`)).toMatchObject({ status: 200, text: 'hello' });
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^.*\n$/) });
  });

  testOnFullDisk('stdout on a full disk is complained of on stderr, and the proxy goes on', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const { host } = new URL(await refusedUrl());
    const stdout = openSync('/dev/full', 'w');
    resources.use({ close: () => closeSync(stdout) });
    const command = new Command(['-e', endpoint.url, '-address', host], { stdout });
    await command.line(/cannot write the log: .*ENOSPC/, 'stderr');
    expect(await request(`http://${host}`)).toMatchObject({ status: 200, text: 'hello' });
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^.*\n$/) });
  });

  test('stdout may be a file, which is appended to', async () => {
    const file = temporaryFile(resources, 'log', 'earlier\n');
    const stdout = openSync(file, 'a');
    resources.use({ close: () => closeSync(stdout) });
    const command = new Command(['-e', 'http://a.example', '-address', '127.0.0.1:0', '-stop-after', '1ms', ...bare], {
      stdout,
    });
    expect(await command.ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toMatch(/^earlier\nconfiguring endpoint 0: .*\n(.*\n)*stopped\n$/);
  });

  test('that is empty is stdout, as in the original program', async () => {
    const command = startLocally('-e', 'http://a.example', '-log-file=', '-stop-after', '1ms');
    expect(await command.ended).toEqual({ exitCode: 0, stdout: expect.stringContaining('starting on'), stderr: '' });
  });

  test('stdout whose reader left ends the command quietly, with 1', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const command = start('-e', endpoint.url);
    const url = await command.url();
    command.child.stdout?.destroy();
    expect(await request(url)).toMatchObject({ status: 200, text: 'hello' });
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
  });
});
