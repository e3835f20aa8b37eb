import { once } from 'node:events';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { createFlakyServer, type FlakyServerOptions } from '../../demo/flaky-server.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
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

  test.each([
    { form: 'with its length', chunkedRatio: 0, header: 'content-length' },
    { form: 'chunked', chunkedRatio: 1, header: 'transfer-encoding' },
  ])('answers $form where the chunked ratio is $chunkedRatio', async ({ chunkedRatio, header }) => {
    const server = await start({ errorRatio: 0, chunkedRatio });
    const { headers, text } = await request(server.url);
    expect(Object.keys(headers).filter((name) => /length|encoding/.test(name))).toEqual([header]);
    expect(text).toMatch(/^Hello, world.*GET \/\n$/);
  });

  test('zips what is chunked for a client that accepts it', async () => {
    const server = await start({ errorRatio: 0, chunkedRatio: 1 });
    const { headers, body } = await request(server.url, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(body).toString()).toMatch(/^Hello, world.*GET \/\n$/);
  });

  test.each([0, 1])('breaks off behind a part of the body, at a chunked ratio of %d', async (chunkedRatio) => {
    const server = await start({ errorRatio: 0, chunkedRatio, breakRatio: 1 });
    for (let i = 0; i < 20; i++) {
      const { text: part, isReset } = await sendRaw(server.url, head('GET / HTTP/1.1', 'Host: a'));
      expect(isReset).toBe(false);
      expect(part).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n[\s\S]*H/);
      expect(part).not.toMatch(/GET \/\n|0\r\n\r\n$/);
    }
  });

  test('breaks off the same answers at the same places with the same seed', async () => {
    const partsOf = async ({ url }: TestServer) => {
      const parts: string[] = [];
      const ask = head('GET / HTTP/1.1', 'Host: a', 'Connection: close');
      for (let i = 0; i < 20; i++) parts.push((await sendRaw(url, ask)).text.split('\r\n\r\n')[1] ?? '');
      return parts;
    };
    const options = { breakRatio: 0.5, seed: 42, name: 'flaky one' };
    const parts = await partsOf(await start(options));
    expect(await partsOf(await start(options))).toEqual(parts);
    expect(new Set(parts.map((part) => part.endsWith('\n')))).toEqual(new Set([true, false]));
  });

  test('gives the same statuses whatever the break ratio', async () => {
    const statuses = await statusesOf(await start({ seed: 42 }), 20);
    expect(await statusesOf(await start({ seed: 42, breakRatio: 1 }), 20)).toEqual(statuses);
  });

  test('streams its words as events to a client that accepts them', async () => {
    const server = await start({ errorRatio: 0, tokenMs: 1 });
    const { headers, text } = await request(server.url, { headers: { Accept: 'text/event-stream' } });
    expect(headers['content-type']).toBe('text/event-stream');
    const events = text.split('\n\n');
    expect(events.splice(-2)).toEqual(['data: [DONE]', '']);
    const tokens = events.map((event) => JSON.parse(event.replace(/^data: /, '')).token);
    expect(tokens.length).toBeGreaterThan(5);
    expect(tokens.join('')).toMatch(/^Hello, world.*GET \/\n$/);
  });

  test('breaks off a stream of events between two of them', async () => {
    const server = await start({ errorRatio: 0, tokenMs: 1, breakRatio: 1 });
    const asking = head('GET / HTTP/1.1', 'Host: a', 'Accept: text/event-stream');
    const { text: part } = await sendRaw(server.url, asking);
    expect(part).toMatch(/\r\ndata: \{"token":"Hello, "\}\n\n/);
    expect(part).toMatch(/\n\n\r\n$/);
    expect(part).not.toContain('DONE');
  });

  test('says in its log that it has broken off', async () => {
    const { promise: line, resolve: log } = Promise.withResolvers<string>();
    const server = await start({ errorRatio: 0, breakRatio: 1, log });
    await sendRaw(server.url, head('GET /a HTTP/1.1', 'Host: a'));
    expect(await line).toMatch(/^GET \/a -> broken off after \d+ ms$/);
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
    const command = startCommand('flaky-server.ts', '--port 0 --max-delay 1 --error-ratio 0 --break-ratio 0 --seed 1');
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
