import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askDns } from '../../../src/transports/connect/ask-dns.ts';
import { startDns } from '../../helpers/dns-server.ts';
import { leakCheckedResources } from '../../helpers/leaks.ts';

const resources = leakCheckedResources();

const hosts = `127.0.0.1\tlocalhost
# 192.0.2.9 commented.example
192.0.2.1  One.example one # the first
2001:db8::1 one.example
not-an-address two.example
`;

async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'ask-dns-'));
  resources.use({ close: () => rm(folder, { recursive: true }) });
  const hostsFile = join(folder, 'hosts');
  await writeFile(hostsFile, hosts);
  const dns = resources.use(
    await startDns({
      'A one.example': ['198.51.100.1'],
      'A two.example': ['198.51.100.2'],
      'AAAA two.example': ['2001:db8::2'],
      'AAAA six.example': ['2001:db8::6'],
      'A commented.example': ['198.51.100.9'],
      'A one.local': ['198.51.100.3'],
      'A single': ['198.51.100.4'],
    }),
  );
  return { dns, ask: (name: string) => askDns(name, { servers: [dns.server], hostsFile }), hostsFile };
}

describe('a name', () => {
  test.each<[string, string[]]>([
    ['one.example', ['192.0.2.1', '2001:db8::1']],
    ['ONE.example.', ['192.0.2.1', '2001:db8::1']],
    ['one', ['192.0.2.1']],
    ['localhost', ['127.0.0.1']],
  ])('that the hosts file has is looked up there and nowhere else: %s', async (name, expected) => {
    const { dns, ask } = await start();
    expect((await ask(name)).map(({ address }) => address)).toEqual(expected);
    expect(dns.questions).toEqual([]);
  });

  test.each([
    ['two.example', [{ address: '198.51.100.2', family: 4 }]],
    ['six.example', [{ address: '2001:db8::6', family: 6 }]],
    ['commented.example', [{ address: '198.51.100.9', family: 4 }]],
    ['nobody.example', []],
  ])('that it has not is asked for by DNS: %s', async (name, expected) => {
    expect(await (await start()).ask(name)).toEqual(expected);
  });

  test.each(['one.local', 'single', 'single.', 'some.localhost', ''])(
    'that is not for DNS is not known: %j',
    async (name) => {
      const { dns, ask } = await start();
      expect(await ask(name)).toEqual([]);
      expect(dns.questions).toEqual([]);
    },
  );

  test('is looked up where there is no hosts file', async () => {
    const { dns, hostsFile } = await start();
    const settings = { servers: [dns.server], hostsFile: `${hostsFile}.none` };
    expect(await askDns('two.example', settings)).toHaveLength(1);
  });

  test('is not known when DNS fails', async () => {
    const { dns, ask } = await start();
    dns.manners = 'SERVFAIL';
    expect(await ask('two.example')).toEqual([]);
  });
});
