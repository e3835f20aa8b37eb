import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { jest } from '@jest/globals';
import { close, listen } from '../../demo/listen.ts';
import { UserError } from '../../shared/command.ts';
import { answering, hanging } from '../helpers/servers.ts';

describe('listen', () => {
  test('gives the port that it took', async () => {
    const server = http.createServer(answering(200, 'here'));
    const port = await listen(server, { port: 0, flag: 'port' });
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
    await close(server);
  });

  test.each([
    { what: 'is in use', portOf: (used: number) => used },
    { what: 'cannot be had (ERR_SOCKET_BAD_PORT)', portOf: () => 65_536 },
  ])('names the flag to use when the port $what', async ({ what, portOf }) => {
    const first = http.createServer(hanging);
    const port = portOf(await listen(first, { port: 0, flag: 'port' }));
    const message = `port ${port} ${what}: choose another one with --that-port`;
    const second = listen(http.createServer(hanging), { port, flag: 'that-port' });
    await expect(second).rejects.toEqual(new UserError(message, 1));
    await close(first);
  });
});

describe('close', () => {
  afterEach(() => jest.useRealTimers());

  function fakeTimers(): void {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  }

  test('leaves no timer behind when no connection is open', async () => {
    const server = http.createServer(hanging);
    await listen(server, { port: 0, flag: 'port' });
    fakeTimers();
    await close(server);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('cuts the connections that are still open after a second', async () => {
    const server = http.createServer(hanging);
    const socket = net.connect(await listen(server, { port: 0, flag: 'port' }), '127.0.0.1');
    await once(server, 'connection');
    fakeTimers();
    const closed = close(server);
    jest.advanceTimersByTime(999);
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    await closed;
  });
});
