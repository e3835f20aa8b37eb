import { once } from 'node:events';
import http from 'node:http';
import { createFlakyServer, type FlakyServerOptions } from '../../demo/flaky-server.ts';
import { listen, type TestServer } from '../helpers/servers.ts';
import { endCommands, startCommand } from './start-command.ts';

const open: TestServer[] = [];

async function start(options: Partial<FlakyServerOptions>): Promise<TestServer> {
  const server = await listen(createFlakyServer({ maxDelayMs: 0, errorRatio: 0.5, seed: 1, ...options }));
  open.push(server);
  return server;
}

async function statusesOf(server: TestServer, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push((await fetch(server.url)).status);
  return statuses;
}

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

describe('createFlakyServer', () => {
  test('repeats the same statuses with the same seed', async () => {
    const first = await statusesOf(await start({ seed: 42 }), 20);
    const second = await statusesOf(await start({ seed: 42 }), 20);
    expect(second).toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test('gives other statuses with another seed', async () => {
    const first = await statusesOf(await start({ seed: 42 }), 20);
    const second = await statusesOf(await start({ seed: 43 }), 20);
    expect(second).not.toEqual(first);
  });

  test.each([
    { errorRatio: 0, status: 200 },
    { errorRatio: 1, status: 500 },
  ])('answers always $status with an error ratio of $errorRatio', async ({ errorRatio, status }) => {
    const statuses = await statusesOf(await start({ errorRatio }), 20);
    expect(new Set(statuses)).toEqual(new Set([status]));
  });

  test('tells its address, the path and the delay', async () => {
    const server = await start({ errorRatio: 0 });
    const address = `127.0.0.1:${server.port}`;
    const response = await fetch(`${server.url}/a?b=1`);
    const text = await response.text();
    expect(text).toBe(`Hello, world after 0ms! This is ${address}, asked for GET /a?b=1\n`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-length')).toBe(String(text.length));
    expect(response.headers.get('x-flaky-server')).toBe(address);
  });

  test('says that an error is one, under the name that it was given', async () => {
    const server = await start({ errorRatio: 1, name: 'flaky one' });
    const response = await fetch(server.url);
    expect(await response.text()).toBe('Sorry, world, 500 after 0ms! This is flaky one, asked for GET /\n');
    expect(response.headers.get('x-flaky-server')).toBe('flaky one');
  });

  test('clears its timer when the client goes', async () => {
    const before = timerCount();
    const { promise: cancelled, resolve: log } = Promise.withResolvers<string>();
    const server = createFlakyServer({ maxDelayMs: 10_000, errorRatio: 0, seed: 1, log });
    const { port, close } = await listen(server);
    const client = http.get({ port, path: '/slow' }).on('error', () => {});
    await once(server, 'request');
    expect(timerCount()).toBe(before + 1);
    client.destroy();
    expect(await cancelled).toMatch(/^GET \/slow -> cancelled after \d+ ms$/);
    expect(timerCount()).toBe(before);
    await close();
  });
});

describe('node demo/flaky-server.ts', () => {
  afterEach(endCommands);

  test('serves on the port that it prints until it is told to stop', async () => {
    const command = startCommand('flaky-server.ts', '--port 0 --max-delay 1 --error-ratio 0 --seed 1');
    const [, url = ''] = await command.printed(/(http:\/\/localhost:\d+)/);
    expect((await fetch(url)).status).toBe(200);
    await command.printed(/GET \/ -> 200 after \d+ ms/);
    command.kill('SIGINT');
    expect(await command.exitCode).toBe(0);
  });

  test('refuses a wrong flag with one line and exit code 2', async () => {
    const command = startCommand('flaky-server.ts', '--error-ratio 2');
    expect(await command.exitCode).toBe(2);
    expect(command.output()).toBe("--error-ratio: expected a number from 0 to 1, got '2'\n");
  });
});
