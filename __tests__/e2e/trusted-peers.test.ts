import http from 'node:http';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { createBalancingProxy } from '../../src/index.ts';
import { temporaryFolder } from '../cli/files.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type RequestSettings, request } from '../helpers/proxy.ts';

const resources = leakCheckedResources();

/** Serves a proxy whose endpoint tells the `X-Forwarded-For` that it got. */
async function createServer(trustForwarded: BalancingProxyOptions['trustForwarded'] & object): Promise<http.Server> {
  const endpoint = await resources.startAt((req, res) => res.end(req.headers['x-forwarded-for'] ?? 'none'));
  const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint], trustForwarded }));
  return http.createServer(proxy);
}

async function forwardedFor(url: string, settings: RequestSettings = {}): Promise<string> {
  return (await request(url, { ...settings, headers: { 'X-Forwarded-For': '1.2.3.4' } })).text;
}

describe('X-Forwarded-For of a client over TCP', () => {
  test.each<[string, string[], string, string]>([
    ['is believed when its network is listed', ['10.0.0.0/8', '127.0.0.0/8'], '127.0.0.1', '1.2.3.4, ::ffff:127.0.0.1'],
    ['is replaced when only other networks are', ['10.0.0.0/8', '::1'], '127.0.0.1', '::ffff:127.0.0.1'],
    ['is believed when its IPv6 address is listed', ['::1'], '[::1]', '1.2.3.4, ::1'],
    ['is replaced when only IPv4 is listed', ['0.0.0.0/0'], '[::1]', '::1'],
    ['is believed when loopback is listed', ['loopback'], '[::1]', '1.2.3.4, ::1'],
    ['is replaced when only Unix sockets are listed', ['unix'], '127.0.0.1', '::ffff:127.0.0.1'],
  ])('%s, at a port for both families', async (_, trusted, host, expected) => {
    const { port } = await resources.listen(await createServer(trusted), { host: '::' });
    expect(await forwardedFor(`http://${host}:${port}`)).toBe(expected);
  });
});

describe('X-Forwarded-For of a client on a Unix socket', () => {
  test.each<[string, string[], string]>([
    ['is believed when those are listed', ['10.0.0.0/8', 'unix'], '1.2.3.4'],
    ['is left out when only networks are', ['0.0.0.0/0', '::/0', 'loopback'], 'none'],
  ])('%s', async (_, trusted, expected) => {
    const socketPath = `${temporaryFolder(resources)}/proxy.sock`;
    const server = await createServer(trusted);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    resources.use({ close: () => new Promise((resolve) => server.close(resolve)) });
    expect(await forwardedFor('http://proxy', { socketPath })).toBe(expected);
  });
});
