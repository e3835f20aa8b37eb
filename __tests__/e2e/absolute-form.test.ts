import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { type Frame, frames, sendHttp2, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';

const resources = leakCheckedResources();

const ok = `${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`;

interface Settings {
  readonly options?: Partial<BalancingProxyOptions>;
  /** The base path of the endpoint. */
  readonly base?: string;
  readonly mount?: string;
}

async function serve(frame: Frame, { options, base = '', mount = '/' }: Settings) {
  const endpoint = resources.use(await startRaw(ok));
  const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url + base], ...options }));
  const { url } = resources.use(await frame.start({ mounts: { [mount]: proxy } }));
  return { url, endpoint };
}

describe.each(frames.filter(({ name }) => !name.includes('http2')))('a target in absolute form in $name', (frame) => {
  async function forwarded(requestLine: string, headers: readonly string[] = [], settings: Settings = {}) {
    const { url, endpoint } = await serve(frame, settings);
    await sendRaw(url, head(requestLine, 'Host: other.example', ...headers, 'Connection: close'));
    const [got] = endpoint.requests;
    return { line: got?.requestLine, one: (name: string) => valuesIn(got?.headers ?? [], name)[0] };
  }

  test('says which host was asked for, whatever Host says', async () => {
    const headers = ['Forwarded: for=1.1.1.1'];
    const options = { preserveHost: true, trustForwarded: true };
    const { line, one } = await forwarded('GET http://user:pass@true.example:81/a?b HTTP/1.1', headers, { options });
    expect([line, one('host'), one('x-forwarded-host'), one('x-forwarded-port')]).toEqual([
      'GET /a?b HTTP/1.1',
      'true.example:81',
      'true.example:81',
      '81',
    ]);
    expect(one('forwarded')).toMatch(/for=1\.1\.1\.1, for=127\.0\.0\.1;host="true\.example:81";proto=http$/);
  });

  test('leaves Host in force when it names none', async () => {
    const { one } = await forwarded('GET / HTTP/1.1', [], { options: { preserveHost: true } });
    expect([one('host'), one('x-forwarded-host')]).toEqual(['other.example', 'other.example']);
  });

  test.each([
    ['http://true.example', '*'],
    ['https://true.example:81', '*'],
    ['http://true.example/', '/'],
    ['http://true.example?a', '/?a'],
  ])('of OPTIONS %s is %s', async (target, expected) => {
    expect((await forwarded(`OPTIONS ${target} HTTP/1.1`)).line).toBe(`OPTIONS ${expected} HTTP/1.1`);
  });

  test('of OPTIONS for the whole server is the base path of an endpoint that has one', async () => {
    const { line } = await forwarded('OPTIONS http://true.example HTTP/1.1', [], { base: '/base' });
    expect(line).toBe('OPTIONS /base HTTP/1.1');
  });

  test('of OPTIONS for the whole server may be left alone by `pathRewrite`', async () => {
    const options = { pathRewrite: (path: string) => path.replace('/api', '') };
    expect((await forwarded('OPTIONS http://true.example HTTP/1.1', [], { options })).line).toBe('OPTIONS * HTTP/1.1');
  });

  // polka finds no mount in such a target.
  if (frame.hasMounts && frame.name !== 'polka') {
    test('says so below a mount prefix, too', async () => {
      const settings = { mount: '/api', options: { preserveHost: true } };
      const { line, one } = await forwarded('GET http://true.example/api/a HTTP/1.1', [], settings);
      expect([line, one('host')]).toEqual(['GET /a HTTP/1.1', 'true.example']);
    });
  }
});

test('over HTTP/2 `:authority` says which host was asked for, whatever Host says', async () => {
  const frame = frames.find(({ name }) => name === 'node:http2');
  if (!frame) throw new Error('there is no such frame');
  const { url, endpoint } = await serve(frame, { options: { preserveHost: true } });
  const headers = { ':authority': 'true.example', host: 'other.example' };
  await textOf(await sendHttp2(url, { headers }).answer);
  const [got] = endpoint.requests;
  expect(valuesIn(got?.headers ?? [], 'host')).toEqual(['true.example']);
  expect(valuesIn(got?.headers ?? [], 'x-forwarded-host')).toEqual(['true.example']);
});
