import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { hostname } from 'node:os';
import { KnownHosts } from '../../../src/cli/admin/known-hosts.ts';
import { Resources } from '../../helpers/proxy.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const hosts = new KnownHosts(['Proxy.example.com', '.ops.example']);
const asked = (...host: string[]) => ({ headersDistinct: { host } }) as object as IncomingMessage;

describe('known hosts', () => {
  test.each([
    ['127.0.0.1:9090'],
    ['10.244.1.7:9090'],
    ['[::1]:9090'],
    ['[fd00::1]'],
    ['localhost'],
    ['LOCALHOST:9090'],
    ['localhost.:9090'],
    ['a.localhost'],
    [hostname()],
    [`${hostname().toUpperCase()}:9090`],
    // As Docker and Kubernetes call services.
    ['proxy:9090'],
    ['proxy.default.svc:9090'],
    ['proxy.default.svc.cluster.local:9090'],
    ['ip-10-0-0-7.eu-west-1.compute.internal'],
    // Of -admin-hosts.
    ['proxy.example.com'],
    ['PROXY.example.com.:80'],
    ['a.ops.example:9090'],
    ['a.b.ops.example'],
  ])('have %s among them', (host) => {
    expect(hosts.problemWith(asked(host))).toBeUndefined();
  });

  test.each([
    ['evil.example:9090', 'evil.example'],
    ['127.0.0.1.evil.example', '127.0.0.1.evil.example'],
    ['localhost.evil.example:9090', 'localhost.evil.example'],
    ['example.com', 'example.com'],
    ['other.proxy.example.com', 'other.proxy.example.com'],
    ['ops.example', 'ops.example'],
    ['evilops.example', 'evilops.example'],
    [`${hostname()}.evil.example`.toLowerCase(), `${hostname()}.evil.example`.toLowerCase()],
    ['evil.example.', 'evil.example.'],
  ])('have not %s', (host, name) => {
    expect(hosts.problemWith(asked(host))).toEqual({
      status: 421,
      line: expect.stringMatching(/^421 Misdirected Request: ".*" is no name of this port; add it to -admin-hosts/),
      name,
    });
  });

  test.each([
    [['evil.example@127.0.0.1']],
    [['127.0.0.1/evil.example']],
    [['127.0.0.1#evil.example']],
    [['127.0.0.1\\evil.example']],
    [['127.0.0.1 evil.example']],
    [['127.0.0.1:99999']],
    [['']],
    [['127.0.0.1', 'evil.example']],
    [['evil.example', '127.0.0.1']],
  ])('are not told from %j', (host) => {
    expect(hosts.problemWith(asked(...host))).toMatchObject({ status: 400 });
  });

  test('are all names with *', () => {
    expect(new KnownHosts(['*']).problemWith(asked('evil.example'))).toBeUndefined();
  });

  test('do not matter to who names none, which no browser does', () => {
    expect(hosts.problemWith(asked())).toBeUndefined();
  });

  test('are told from two fields of one request', async () => {
    const problems: unknown[] = [];
    const server = createServer((req, res) => {
      problems.push(hosts.problemWith(req));
      res.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    resources.use({ close: () => server.close() });
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.end('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    await new Promise((resolve) => client.once('close', resolve).resume());
    expect(problems).toMatchObject([{ status: 400 }]);
  });
});
