import { once } from 'node:events';
import { Resources, request } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import { startEcho } from '../helpers/upgrades.ts';
import { start } from './command.ts';
import { certificateFiles, connectHttp2, portOf } from './secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

describe('after -shutdown-timeout the command', () => {
  test('writes a line for each request that is cut, before the last one', async () => {
    const endpoint = await resources.startHeld((res) => res.req.url === '/stream' && res.write('first'));
    const flags = ['-shutdown-timeout', '300ms', '-hold-time', '0', '-log-format', 'json'];
    const command = start('-endpoints', endpoint.url, ...flags);
    const url = await command.url();
    const ends = ['/stream', '/silent'].map((path) => request(url + path).catch(() => {}));
    await until(() => endpoint.held.length, 2);
    command.signal('SIGTERM');
    await Promise.all(ends);
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    const lines = command.lines.map((line) => JSON.parse(line));
    const cut = lines.slice(-3, -1).sort((a, b) => b.url.localeCompare(a.url));
    expect(cut).toEqual([
      expect.objectContaining({ url: '/stream', outcome: 'cut', status: 200, bytes: 5, level: 'error' }),
      expect.objectContaining({ url: '/silent', outcome: 'cut', status: null, bytes: 0, level: 'error' }),
    ]);
    expect(cut.some((line) => 'error' in line)).toBe(false);
    expect(lines.at(-1).message).toMatch(/in flight were cut/);
  });

  test('writes a line for a WebSocket that is cut', async () => {
    const command = start('-endpoints', resources.use(await startEcho()).url, '-shutdown-timeout', '300ms');
    const socket = new WebSocket((await command.url()).replace('http', 'ws'));
    await once(socket, 'open');
    const closed = once(socket, 'close');
    command.signal('SIGTERM');
    await closed;
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-2)).toMatch(/GET \/: cut after .*, as this process stops, .* status 101, /);
  });

  test('writes a line for a request over HTTP/2 that is cut', async () => {
    const endpoint = await resources.startHeld((res) => res.write('first'));
    const { ca, flags } = await certificateFiles(resources);
    const command = start('-e', endpoint.url, ...flags, '-shutdown-timeout', '300ms', '-hold-time', '0');
    const session = await connectHttp2(resources, await portOf(command), ca);
    const stream = session.request({ ':path': '/stream' }).on('error', () => {});
    await once(stream, 'data');
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-2)).toMatch(/GET \/stream: cut after .*, as this process stops, .* status 200, 5 bytes/);
  });
});
