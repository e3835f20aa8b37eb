import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import path from 'node:path';
import { WebSocket } from 'ws';
import { Resources, readAll, request } from '../../helpers/proxy.ts';
import { answering, type TestServer } from '../../helpers/servers.ts';
import { rounds } from '../../helpers/thorough.ts';
import { atLeast, including, until } from '../../helpers/until.ts';
import { startEcho } from '../../helpers/upgrades.ts';
import { type LocalCommand, start, startLocally } from '../command.ts';
import { temporaryFile, temporaryFolder, write } from '../files.ts';
import { answerFrom, startLoad } from '../load.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A command with a configuration file, and what changes that. */
function startWith(options: object, ...flags: readonly string[]) {
  const file = temporaryFile(resources, 'brp.json', options);
  const command = startLocally('-config', file, ...flags);
  let reloads = 0;
  return {
    command,
    file,
    /** Writes the file anew, asks for a reload and waits until the command says what became of it. */
    async reload(changed: object | string): Promise<string> {
      write(file, changed);
      command.signal('SIGHUP');
      reloads++;
      await until(() => linesOf(command).length, atLeast(reloads));
      return linesOf(command).at(-1) ?? '';
    },
  };
}

function linesOf(command: LocalCommand): readonly string[] {
  return command.lines.filter((line) => /reloaded$|cannot reload/.test(line));
}

describe('SIGHUP', () => {
  test('serves with what stands in the file now', async () => {
    const [old, renewed] = [await resources.startSaying('old'), await resources.startSaying('new')];
    const { command, reload } = startWith({ endpoints: [old.url] });
    const url = await command.url();
    expect(await request(url)).toMatchObject({ text: 'old' });
    expect(await reload({ endpoints: [renewed.url], exposeEndpoint: true })).toMatch(/reloaded$/);
    expect(await request(url)).toMatchObject({ text: 'new', headers: { 'x-served-by': renewed.url } });
    expect(await command.line(/request 2 GET/)).toMatch(` by endpoint 0 "${renewed.url}": `);
    // The connection to it was kept until then.
    await old.idle();
  });

  test.each([
    ['that is no JSON', '{"endpoints": ["http://a.example"],', /FILE:1:36: Expected double-quoted/],
    [
      'with a wrong option',
      { endpoints: ['http://a.example'], order: 'best' },
      /FILE:1:43: option `order`: expected one of/,
    ],
  ])('logs what is wrong with a file %s and goes on as before', async (_, content, message) => {
    const { command, file, reload } = startWith({ endpoints: [(await resources.startSaying('hello')).url] });
    const url = await command.url();
    const line = (await reload(content)).replace(file, 'FILE');
    expect(line).toMatch(/cannot reload, all stays as it was: /);
    expect(line).toMatch(message);
    expect(await request(url)).toMatchObject({ status: 200, text: 'hello' });
    // The next good file is taken.
    expect(await reload({ endpoints: [(await resources.startSaying('renewed')).url] })).toMatch(/reloaded$/);
    expect(await request(url)).toMatchObject({ text: 'renewed' });
  });

  test('keeps what flags say', async () => {
    const endpoint = await resources.startSaying('hello');
    const { command, reload } = startWith({ via: 'one' }, '-e', endpoint.url, '-expose-endpoint');
    const url = await command.url();
    await reload({ endpoints: ['http://other.example'], exposeEndpoint: false });
    expect(await request(url)).toMatchObject({ text: 'hello', headers: { 'x-served-by': endpoint.url } });
  });

  test('lets an upload, an event stream and a WebSocket finish where they began', async () => {
    const streaming = Promise.withResolvers<ServerResponse>();
    const old = resources.use(
      await startEcho({}, (req, res) => {
        if (req.method === 'POST') return void req.pipe(res);
        res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
        streaming.resolve(res);
      }),
    );
    const renewed = await resources.startSaying('new');
    const { command, reload } = startWith({ endpoints: [old.url] });
    const url = await command.url();

    const webSocket = new WebSocket(url.replace('http', 'ws'));
    await once(webSocket, 'open');
    const client = http.get(url, { agent: false });
    const [stream] = (await once(client, 'response')) as [IncomingMessage];
    const upload = http.request(url, { method: 'POST', agent: false, headers: { Expect: '100-continue' } });
    upload.flushHeaders();
    await once(upload, 'continue');
    upload.write('one ');

    await reload({ endpoints: [renewed.url] });
    expect(await request(url)).toMatchObject({ text: 'new' });
    upload.end('two');
    const [uploaded] = (await once(upload, 'response')) as [IncomingMessage];
    expect(await readAll(uploaded)).toMatchObject({ text: 'one two' });
    const streamed = readAll(stream);
    (await streaming.promise).end('data: 2\n\n');
    expect(await streamed).toMatchObject({ text: 'data: 1\n\ndata: 2\n\n' });
    webSocket.send('still here');
    expect(String((await once(webSocket, 'message'))[0])).toBe('still here');
    webSocket.close();
    await once(webSocket, 'close');
    await old.idle();
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('that finds nothing changed leaves the connections to the endpoints alone', async () => {
    const endpoint = await resources.listen(http.createServer(answering(200, 'hello')));
    const options = { endpoints: [endpoint.url], timeouts: { idleMs: 5_000 } };
    const { command, reload } = startWith(options);
    const url = await command.url();
    await request(url);
    await reload(options);
    await request(url);
    expect(endpoint.accepted).toBe(1);
    expect(command.lines.filter((line) => line.includes('configuring'))).toHaveLength(1);
    await reload({ ...options, timeouts: { idleMs: 6_000 } });
    await request(url);
    expect(endpoint.accepted).toBe(2);
  });

  test('warns of certificates of endpoints that are not verified from now on', async () => {
    const endpoint = { url: 'https://a.example' };
    const { command, file, reload } = startWith({ endpoints: [endpoint] });
    await command.url();
    await reload({ endpoints: [{ ...endpoint, tls: { rejectUnauthorized: false } }] });
    const option = '`endpoints[0].tls.rejectUnauthorized`';
    expect(command.lines.join('\n')).toContain(`warning: ${option} is off in ${file}, its certificate is not verified`);
  });

  test('without -config opens the log file anew', async () => {
    const endpoint = await resources.startSaying('hello');
    const log = path.join(temporaryFolder(resources), 'log');
    const command = startLocally('-e', endpoint.url, '-log-file', log);
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('starting on'));
    const [, port] = /starting on: ".*:(\d+)"/.exec(readFileSync(log, 'utf8')) ?? [];
    renameSync(log, `${log}.1`);
    command.signal('SIGHUP');
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('reloaded'));
    await request(`http://127.0.0.1:${port}/after`);
    await until(() => readFileSync(log, 'utf8'), including('GET /after served'));
    expect(readFileSync(`${log}.1`, 'utf8')).not.toMatch(/reloaded|after/);
  });

  test('that comes again during a reload leaves what was written last in use', async () => {
    const { command, file } = startWith({ endpoints: [(await resources.startSaying('first')).url] });
    const url = await command.url();
    const endpoints = [
      await resources.startSaying('second'),
      await resources.startSaying('third'),
      await resources.startSaying('last'),
    ];
    for (const endpoint of endpoints) {
      write(file, { endpoints: [endpoint.url] });
      command.signal('SIGHUP');
    }
    await command.line(new RegExp(`configuring endpoint 0: "${endpoints[2]?.url}"`));
    expect(await request(url)).toMatchObject({ text: 'last' });
  });

  test('does not disturb the end', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const endpoint = await resources.start((_, res) => held.resolve(res));
    const { command } = startWith({ endpoints: [endpoint.url] });
    const response = request(await command.url());
    const res = await held.promise;
    command.signal('SIGTERM');
    await command.line(/stopping/);
    command.signal('SIGHUP');
    res.end('hello');
    expect(await response).toMatchObject({ text: 'hello' });
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(command)).toEqual([]);
  });
});

describe.each([
  ['alone', []],
  ['with workers', ['-workers', '2']],
])('config reload under load, %s', (_, flags) => {
  const requests = rounds(5_000, 1_000);
  /** An endpoint whose answers say which of its paths was asked for, so that a client sees which file holds. */
  async function servePaths(): Promise<TestServer> {
    let count = 0;
    // Every so often one that is streamed rather than sent in one go.
    const bytes = () => (++count % 8 === 0 ? 100_000 : 1_000);
    const listener: RequestListener = ({ url = '' }, res) => void res.end(answerFrom(url.split('/')[1] ?? '', bytes()));
    return await resources.start(listener);
  }

  test(`loses no request of ${requests} over ten changes, each of which is seen`, async () => {
    const endpoints = [await servePaths(), await servePaths()];
    const nth = (n: number) => ({ endpoints: [`${endpoints[n % 2]?.url}/${n}`] });
    const file = temporaryFile(resources, 'brp.json', nth(0));
    const command = start('-config', file, ...flags);
    const url = await command.url();
    const load = startLoad(url);
    for (let n = 1; n <= 10; n++) {
      await until(() => load.count, atLeast(n * 0.09 * requests));
      write(file, nth(n));
      command.signal('SIGHUP');
      await command.line(new RegExp(`configuring endpoint 0: ".*/${n}"`));
      // From then on the new file holds, whoever is asked.
      for (let i = 0; i < 4; i++) expect((await request(url)).text).toMatch(new RegExp(`^${n}\n`));
    }
    await until(() => load.count, atLeast(requests));
    await load.stop();
    expect(load.problems).toEqual([]);
    expect([...load.answers.keys()].map(Number).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
