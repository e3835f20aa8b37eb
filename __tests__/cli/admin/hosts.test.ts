import { once } from 'node:events';
import { connect } from 'node:net';
import { Resources, request } from '../../helpers/proxy.ts';
import { startLocally } from '../command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

async function startAdmin(...flags: readonly string[]) {
  const command = startLocally('-admin', '127.0.0.1:0', '-e', 'http://a.example', ...flags);
  await command.url();
  return { command, admin: await command.adminUrl() };
}

/** Sends bytes over one connection, and gives all that comes back until it is closed. */
async function exchange(admin: string, bytes: string): Promise<string> {
  const client = connect(Number(new URL(admin).port), '127.0.0.1').setEncoding('latin1');
  resources.use({ close: () => client.destroy() });
  let received = '';
  client.on('data', (text: string) => {
    received += text;
  });
  client.on('error', () => {});
  client.write(bytes, 'latin1');
  await once(client, 'close');
  return received;
}

const statusesIn = (received: string) => [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);

describe('the admin port', () => {
  test.each(['/healthz', '/readyz', '/metrics', '/', '/dashboard/', '/dashboard/events', '/endpoints', '/missing'])(
    'answers no %s to a page whose name was made to lead here',
    async (path) => {
      const { command, admin } = await startAdmin('-admin-actions');
      const headers = { host: 'evil.example:9090' };
      const { status, text } = await request(admin + path, { headers });
      expect({ status, text }).toEqual({ status: 421, text: expect.stringContaining('add it to -admin-hosts') });
      expect(await command.line(/evil/)).toMatch(/admin: 421 .*"evil\.example" is no name of this port; add it to/);
    },
  );

  test('drains nothing for such a page', async () => {
    const { admin } = await startAdmin('-admin-actions');
    const headers = { host: 'evil.example', origin: 'http://evil.example' };
    const path = `${admin}/endpoints/${encodeURIComponent('http://a.example')}/drain`;
    expect(await request(path, { method: 'POST', headers })).toMatchObject({ status: 421 });
    expect((await request(`${admin}/endpoints`)).text).toContain('"available"');
  });

  test.each(['proxy.example.com', 'proxy', 'localhost:1', '10.0.0.7:9090', '[::1]:9090'])(
    'answers under %s, with -admin-hosts where need be',
    async (host) => {
      const { admin } = await startAdmin('-admin-hosts', 'proxy.example.com');
      expect(await request(`${admin}/readyz`, { headers: { host } })).toMatchObject({ status: 200 });
    },
  );

  test('logs a name that is not taken once, and few of many', async () => {
    const { command, admin } = await startAdmin();
    for (let i = 0; i < 30; i++) await request(`${admin}/healthz`, { headers: { host: `${i % 15}.evil.example` } });
    expect(command.lines.filter((line) => line.includes('evil'))).toHaveLength(10);
  });

  test.each([
    ['no Host in HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', '200'],
    ['no Host in HTTP/1.1', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', '400'],
    ['an empty Host', 'GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', '400'],
    ['two', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', '400'],
    ['a huge one', `GET /healthz HTTP/1.1\r\nHost: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
    ['a long one', `GET /healthz HTTP/1.1\r\nHost: ${'a.'.repeat(4_000)}b\r\nConnection: close\r\n\r\n`, '421'],
    ['an absolute target', 'GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '404'],
    ['a target without a path', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '404'],
    ['a long target', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, '431'],
    ['bytes above 127', 'GET /endpoints/\xff\xfe HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n', '400'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: x\r\n\r\n', '302'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', undefined],
    ['no HTTP', '\x16\x03\x01\x02\x00\r\n\r\n', '400'],
  ])('answers %s, and goes on', async (_, bytes, status) => {
    const { command, admin } = await startAdmin();
    expect(statusesIn(await exchange(admin, bytes))).toEqual(status === undefined ? [] : [status]);
    expect(await request(`${admin}/healthz`)).toMatchObject({ status: 200 });
    expect(command.lines.filter((line) => / (?:error|fatal)/.test(line))).toEqual([]);
  });

  test('answers pipelined requests in their order', async () => {
    const { admin } = await startAdmin('-admin-actions');
    const name = encodeURIComponent('http://a.example');
    const heads = ['GET /endpoints', `POST /endpoints/${name}/drain`, 'GET /metrics', 'GET /missing', 'GET /healthz'];
    const requests = heads.map((head, index) => {
      const close = index === heads.length - 1 ? 'Connection: close\r\n' : '';
      return `${head} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n${close}\r\n`;
    });
    expect(statusesIn(await exchange(admin, requests.join('')))).toEqual(['200', '200', '200', '404', '200']);
  });
});
