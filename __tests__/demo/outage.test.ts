import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { jest } from '@jest/globals';
import { close, listen } from '../../demo/listen.ts';
import { createOutage, onLine, repeatOutage } from '../../demo/outage.ts';
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

describe('repeatOutage', () => {
  async function startTwo(): Promise<http.Server[]> {
    const servers = [http.createServer(answering(200, 'here')), http.createServer(answering(200, 'here'))];
    for (const server of servers) await listen(server, { port: 0, flag: 'port' });
    return servers;
  }

  const areListening = (servers: readonly http.Server[]) => servers.map(({ listening }) => listening);

  test('takes all servers away and brings them back, again and again, until it is stopped', async () => {
    const servers = await startTwo();
    const told: Array<[string, ...boolean[]]> = [];
    const stop = repeatOutage(servers, {
      everyMs: 1,
      forMs: 1,
      tell: (line) => told.push([line, ...areListening(servers)]),
    });
    await until(() => told.length >= 4);
    await stop();
    const begins = 'Outage: all 2 flaky servers are away, for 0.001 s.';
    const ends = 'The outage is over: all 2 flaky servers are back, and each is tried again within seconds.';
    const cycle = [
      [begins, false, false],
      [ends, true, true],
    ];
    expect(told.slice(0, 4)).toEqual([...cycle, ...cycle]);
    await Promise.all(servers.map(close));
  });

  test('goes on with the others when somebody else has a port meanwhile', async () => {
    const servers = await startTwo();
    const [taken = 0] = servers.map((server) => (server.address() as AddressInfo).port);
    const told: string[] = [];
    const other = http.createServer(hanging);
    const tell = (line: string) => {
      if (told.push(line) === 1) other.listen(taken, '127.0.0.1');
    };
    const stop = repeatOutage(servers, { everyMs: 1, forMs: 100, tell });
    await until(() => told.length >= 3);
    expect(told[1]).toContain(`port ${taken} is in use`);
    await stop();
    await Promise.all([...servers, other].map(close));
  });

  test('ends within an outage at once', async () => {
    const servers = await startTwo();
    const told: string[] = [];
    const stop = repeatOutage(servers, { everyMs: 1, forMs: 3_600_000, tell: (line) => told.push(line) });
    await until(() => told.length, 1);
    await stop();
    expect(areListening(servers)).toEqual([false, false]);
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
