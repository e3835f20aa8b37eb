import http from 'node:http';
import { PassThrough } from 'node:stream';
import { jest } from '@jest/globals';
import { close, listen } from '../../demo/listen.ts';
import { createOutage, onLine } from '../../demo/outage.ts';
import { answering, hanging, startHttp } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

afterEach(() => void jest.useRealTimers());

describe('createOutage', () => {
  test('cuts at once what is under way, and brings the server back to its port', async () => {
    const server = http.createServer(hanging);
    const port = await listen(server, { port: 0, flag: 'port' });
    const toggle = createOutage(server);
    const response = fetch(`http://127.0.0.1:${port}`);
    const isBroken = expect(response).rejects.toThrow();
    await new Promise((resolve) => server.once('request', resolve));
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    expect(await toggle()).toBe(`Port ${port} is away; o and Enter bring it back.`);
    await isBroken;
    jest.useRealTimers();
    expect(await toggle()).toBe(`Port ${port} is back.`);
    server.removeAllListeners('request').on('request', answering(200, 'back'));
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('back');
    await close(server);
  });

  test('says so when somebody else has the port meanwhile, and can try again', async () => {
    const server = http.createServer(hanging);
    const port = await listen(server, { port: 0, flag: 'port' });
    const toggle = createOutage(server);
    await toggle();
    const other = await startHttp(hanging, { port });
    expect(await toggle()).toContain(`port ${port} is in use`);
    await other.close();
    expect(await toggle()).toBe(`Port ${port} is back.`);
    await close(server);
  });
});

describe('onLine', () => {
  test('acts on that line only, with or without blanks', async () => {
    const input = new PassThrough();
    let count = 0;
    onLine(input, 'o', () => count++);
    input.end('o\noo\n\n O\n o \r\nx\no');
    await until(() => count, 3);
  });

  test('takes an input that fails for one that has ended', async () => {
    const input = new PassThrough();
    onLine(input, 'o', () => {});
    input.destroy(new Error('EIO'));
    await until(() => input.closed);
  });
});
