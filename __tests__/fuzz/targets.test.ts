import fc from 'fast-check';
import { Resources } from '../helpers/proxy.ts';
import { sendRaw } from '../helpers/raw.ts';
import { bounded, characters, seedTitle } from './seed.ts';
import { startStrict } from './strict-endpoint.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** What URL parsers and path libraries stumble over. */
const pieces = fc.constantFrom(
  ...['/', '//', '/./', '/../', '..', '\\', '%', '%2e', '%2F', '%00', '%zz', '?', '??', '?a=b&', '#', '@', ':', '://'],
  ...[
    'http://evil',
    '*',
    '|',
    '"',
    '<',
    '>',
    '`',
    '{',
    '}',
    '^',
    "'",
    ';',
    '=',
    '&',
    '+',
    '~',
    '[',
    ']',
    '\x80',
    '\xff',
  ],
);
const character = characters(
  { from: 0x21, to: 0x7e, weight: 30 },
  { from: 0x80, to: 0xff, weight: 4 },
  { from: 0x00, to: 0x20, weight: 1 },
  { from: 0x7f, to: 0x7f, weight: 1 },
);
const target = fc
  .array(fc.oneof({ weight: 2, arbitrary: pieces }, { weight: 3, arbitrary: character }), { maxLength: 20 })
  .map((parts) => `/${parts.join('')}`);

describe.each(['', '/base/path'])(`a request target, behind the base path %j (${seedTitle})`, (base) => {
  async function expectFaithful(sent: string, expected: string, { url, endpoint }: Awaited<ReturnType<typeof serve>>) {
    const { text } = await sendRaw(url, `GET ${sent} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const received = endpoint.requests.splice(0).map((request) => request.target);
    expect(endpoint.faults).toEqual([]);
    // To node:http, spaces at the end are only more of those before the version.
    if (text.startsWith('HTTP/1.1 200 ')) expect(received).toEqual([base + expected.replace(/ +$/, '')]);
    else {
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(received).toEqual([]);
    }
  }

  async function serve() {
    const endpoint = resources.use(await startStrict());
    const { url } = await resources.serve({ endpoints: [endpoint.url + base] });
    return { url, endpoint };
  }

  test('arrives byte for byte, or is refused by node:http', async () => {
    const served = await serve();
    const property = fc.asyncProperty(target, (sent) => expectFaithful(sent, sent, served));
    await fc.assert(property, bounded(500));
  });

  test('in absolute form loses its origin and nothing else', async () => {
    const served = await serve();
    const origin = fc.constantFrom('http://evil', 'HTTPS://user@evil:1', 'x+y.z-1://[::1]:80', 'http://evil:99999');
    const property = fc.asyncProperty(origin, target, (authority, path) =>
      expectFaithful(authority + path, path, served),
    );
    await fc.assert(property, bounded(300));
  });
});
