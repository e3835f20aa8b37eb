import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import net from 'node:net';
import { Resources, readAll, request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { startEcho } from '../helpers/upgrades.ts';
import { Command, start } from './command.ts';
import { temporaryFile } from './files.ts';
import { expectFinishedWebSocket } from './finished-web-socket.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

function startFor(endpoint: { readonly url: string }, ...flags: readonly string[]): Command {
  return start('-endpoints', endpoint.url, ...flags);
}

/** A client that would keep its connection. */
function keepAliveAgent(): http.Agent {
  const agent = new http.Agent({ keepAlive: true });
  resources.use({ close: () => agent.destroy() });
  return agent;
}

async function connect(url: string): Promise<net.Socket> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
  resources.use({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
] as const)('%s', (signal, secondExitCode) => {
  test('finishes the request in flight, accepts no other one and exits with 0', async () => {
    const endpoint = await resources.startHeld();
    const command = startFor(endpoint);
    const url = await command.url();
    const response = request(url, { agent: keepAliveAgent() });
    const held = await endpoint.first;
    command.signal(signal);
    expect(await command.line(/stopping/)).toMatch(`stopping (${signal})`);
    await expect(request(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    held.end('hello');
    expect(await response).toMatchObject({ status: 200, text: 'hello', headers: { connection: 'close' } });
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/stopped$/);
  });

  test('exits at once when it comes a second time', async () => {
    const endpoint = await resources.startHeld();
    const command = startFor(endpoint);
    const response = request(await command.url());
    await endpoint.first;
    command.signal(signal);
    await command.line(/stopping/);
    void command.insist(signal);
    await expect(response).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await command.ended).toMatchObject({ exitCode: secondExitCode });
  });

  test('that arrives twice at once, as below npm, cuts nothing', async () => {
    const endpoint = await resources.startHeld();
    const command = startFor(endpoint);
    const response = request(await command.url());
    const held = await endpoint.first;
    command.signal(signal);
    await command.line(/stopping/);
    command.signal(signal);
    // By the time that it has ended by itself, the signal has come.
    held.end('hello');
    expect(await response).toMatchObject({ status: 200, text: 'hello' });
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });
});

describe('stopping', () => {
  test('finishes a response that is being streamed over a kept-alive connection', async () => {
    const endpoint = await resources.startHeld((res) => res.write('first'));
    const command = startFor(endpoint);
    const client = http.get(await command.url(), { agent: keepAliveAgent() });
    const [res] = (await once(client, 'response')) as [IncomingMessage];
    command.signal('SIGTERM');
    await command.line(/stopping/);
    const received = readAll(res);
    (await endpoint.first).end(' and last');
    expect(await received).toMatchObject({ text: 'first and last' });
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('finishes an upload', async () => {
    const endpoint = await resources.start((req, res) => void req.pipe(res));
    const command = startFor(endpoint);
    const client = http.request(await command.url(), {
      method: 'POST',
      agent: false,
      headers: { Expect: '100-continue' },
    });
    client.flushHeaders();
    await once(client, 'continue');
    client.write('one ');
    command.signal('SIGTERM');
    await command.line(/stopping/);
    client.end('two');
    const [res] = (await once(client, 'response')) as [IncomingMessage];
    expect(await readAll(res)).toMatchObject({ text: 'one two' });
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('finishes WebSockets', async () => {
    const endpoint = resources.use(await startEcho());
    const command = startFor(endpoint);
    await expectFinishedWebSocket(command, (await command.url()).replace('http', 'ws'));
  });

  test.each([
    ['sent nothing', ''],
    ['sent half a head', 'GET / HTTP/1.1\r\n'],
    ['was kept alive', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('does not wait for a connection that %s', async (_, sent) => {
    const endpoint = await resources.start(answering(200, 'hello'));
    // Node keeps an idle connection for 5 s, and one that has sent nothing for a minute.
    const command = startFor(endpoint, '-shutdown-timeout', '3s');
    const socket = await connect(await command.url());
    socket.write(sent);
    if (sent.endsWith('\r\n\r\n')) await once(socket, 'data');
    // By the time a later connection has been served, this one has been accepted.
    await request(await command.url());
    const closed = once(socket.resume(), 'close');
    command.signal('SIGTERM');
    await closed;
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('answers requests that were pipelined', async () => {
    const held: ServerResponse[] = [];
    const bothAsked = Promise.withResolvers<void>();
    const listener: RequestListener = (_, res) => void (held.push(res) === 2 && bothAsked.resolve());
    const command = startFor(await resources.start(listener));
    const socket = await connect(await command.url());
    const head = 'HTTP/1.1\r\nHost: a\r\n\r\n';
    socket.write(`GET /1 ${head}GET /2 ${head}`);
    await bothAsked.promise;
    command.signal('SIGTERM');
    await command.line(/stopping/);
    for (const res of held) res.end('hello');
    const received = await socket.setEncoding('utf8').toArray();
    expect(received.join('').match(/hello/g)).toHaveLength(2);
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('cuts requests after -shutdown-timeout and exits with 1', async () => {
    const endpoint = await resources.startHeld();
    const command = startFor(endpoint, '-shutdown-timeout', '20ms');
    const response = request(await command.url());
    await endpoint.first;
    command.signal('SIGTERM');
    await expect(response).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/requests in flight were cut after 20ms$/);
  });

  test('waits without end for -shutdown-timeout 0', async () => {
    const endpoint = await resources.startHeld();
    const command = startFor(endpoint, '-shutdown-timeout', '0');
    const response = request(await command.url());
    const held = await endpoint.first;
    command.signal('SIGTERM');
    await command.line(/stopping/);
    held.end('hello');
    expect(await response).toMatchObject({ text: 'hello' });
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('happens by itself after -stop-after', async () => {
    const command = startFor({ url: 'http://a.example' }, '-stop-after', '20ms');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.at(-2)).toMatch(/stopping \(-stop-after\)/);
  });

  test('needs no patience with endpoints that never answer', async () => {
    const fast = await resources.start(answering(200, 'fast'));
    const slow = await resources.start(hanging);
    const command = start('-endpoints', `${slow.url},${fast.url}`);
    await request(await command.url());
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });
});

// Windows has no signals.
const describeSignals = process.platform === 'win32' ? describe.skip : describe;

describeSignals('a signal that comes while the command is being loaded', () => {
  /** Starts a command that gets the signal when it begins to load what knows its flags. */
  async function startSignalled(signal: NodeJS.Signals): Promise<Command> {
    const preload = temporaryFile(
      resources,
      'preload.mjs',
      `import { registerHooks } from 'node:module';
      registerHooks({
        resolve(specifier, context, next) {
          if (specifier.endsWith('/parse-flags.ts')) process.kill(process.pid, '${signal}');
          return next(specifier, context);
        },
      });`,
    );
    const endpoint = await resources.start(answering(200, 'hello'));
    const args = ['-endpoints', endpoint.url, '-address', '127.0.0.1:0'];
    return new Command(args, { environment: { NODE_OPTIONS: `--import ${preload}` } });
  }

  test('ends it in good order if it is SIGTERM', async () => {
    const command = await startSignalled('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/stopped$/);
  });

  test('has it reload if it is SIGHUP', async () => {
    const command = await startSignalled('SIGHUP');
    await command.line(/reloaded$/);
    expect(await request(await command.url())).toMatchObject({ text: 'hello' });
  });
});
