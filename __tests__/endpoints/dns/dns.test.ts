import { createDnsQuery, type DnsQuestion } from '../../../src/endpoints/dns/dns.ts';
import { type Manners, type Question, type Records, startDns } from '../../helpers/dns-server.ts';
import { activeResources, surplusOver } from '../../helpers/leaks.ts';
import { Resources } from '../../helpers/proxy.ts';
import { including, until } from '../../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const start = async (zone?: Readonly<Record<Question, Records>>) => resources.use(await startDns(zone));
const queryTo = (server: string, more: Partial<DnsQuestion> = {}) =>
  createDnsQuery({ hostname: 'api.internal', record: 'A', servers: [server], timeoutMs: 5_000, ...more });
const service = '_http._tcp.api.internal';
const servicesOf = (server: string) => queryTo(server, { hostname: service, record: 'SRV' });

/** An SRV record. */
const srv = (target: string, port: number, [priority, weight] = [10, 1]) => ({ target, port, priority, weight });

describe('addresses', () => {
  test.each<['A' | 'AAAA', readonly string[], readonly string[]]>([
    ['A', ['10.0.0.2', '10.0.0.1', '10.0.0.3'], ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ['A', ['10.0.0.1', '10.0.0.1'], ['10.0.0.1']],
    ['AAAA', ['2001:db8:0:0:0:0:0:2', '2001:db8:0:0:0:0:0:1'], ['2001:db8::1', '2001:db8::2']],
  ])('of %s records are sorted and distinct: %j', async (record, records, addresses) => {
    const { server, questions } = await start({ [`${record} api.internal`]: records });
    const answers = await queryTo(server, { record })();
    expect(answers).toEqual(addresses.map((address) => ({ hostname: 'api.internal', address })));
    expect(questions).toEqual([`${record} api.internal`]);
  });

  test('are asked for anew each time, whatever their time to live', async () => {
    const dns = await start({ 'A api.internal': ['10.0.0.1'] });
    const query = queryTo(dns.server);
    await query();
    dns.zone.set('A api.internal', ['10.0.0.2']);
    expect(await query()).toEqual([{ hostname: 'api.internal', address: '10.0.0.2' }]);
  });

  test.each<[Manners, string, string]>([
    ['well', 'ENODATA', 'queryA ENODATA api.internal'],
    ['SERVFAIL', 'ESERVFAIL', 'queryA ESERVFAIL api.internal'],
    ['NXDOMAIN', 'ENOTFOUND', 'queryA ENOTFOUND api.internal'],
    ['silent', 'ECANCELLED', 'nothing within 40 ms'],
  ])('that do not come are an error that says why: %s', async (manners, code, why) => {
    const dns = await start();
    dns.manners = manners;
    const timeoutMs = manners === 'silent' ? 40 : 5_000;
    await expect(queryTo(dns.server, { timeoutMs })()).rejects.toMatchObject({
      message: `no address from DNS for api.internal (A): ${why}`,
      cause: { syscall: 'queryA', code },
    });
  });

  test('leave nothing behind', async () => {
    const dns = await start({ 'A api.internal': ['10.0.0.1'] });
    const before = activeResources();
    await queryTo(dns.server)();
    dns.manners = 'silent';
    await expect(queryTo(dns.server, { timeoutMs: 20 })()).rejects.toThrow();
    expect(await surplusOver(before)).toEqual({});
  });
});

describe('services', () => {
  test('are the addresses of all targets, by priority, weight, name and port', async () => {
    const { server } = await start({
      [`SRV ${service}`]: [
        srv('d.internal', 1, [20, 9]),
        srv('c.internal', 2, [10, 1]),
        srv('b.internal', 4, [10, 5]),
        srv('a.internal', 5, [10, 5]),
        srv('b.internal', 3, [10, 5]),
      ],
      'A a.internal': ['10.0.0.2', '10.0.0.1'],
      'A b.internal': ['10.0.0.3'],
      'A c.internal': ['10.0.0.4'],
      'A d.internal': ['10.0.0.5'],
    });
    const places = (await servicesOf(server)()).map(({ hostname, port, address }) => `${hostname}:${port} ${address}`);
    expect(places).toEqual([
      'a.internal:5 10.0.0.1',
      'a.internal:5 10.0.0.2',
      'b.internal:3 10.0.0.3',
      'b.internal:4 10.0.0.3',
      'c.internal:2 10.0.0.4',
      'd.internal:1 10.0.0.5',
    ]);
  });

  test('have IPv6 addresses where they have no others', async () => {
    const { server, questions } = await start({
      [`SRV ${service}`]: [srv('a.internal', 1), srv('b.internal', 2)],
      'A a.internal': ['10.0.0.1'],
      'AAAA a.internal': ['2001:db8:0:0:0:0:0:1'],
      'AAAA b.internal': ['2001:db8:0:0:0:0:0:2'],
    });
    expect((await servicesOf(server)()).map(({ address }) => address)).toEqual(['10.0.0.1', '2001:db8::2']);
    expect(questions).not.toContain('AAAA a.internal');
  });

  test.each<[string, Partial<ReturnType<typeof srv>>]>([
    ['says that there is none', { target: '.' }],
    ['has the port 0', { port: 0 }],
    ['has an address for a name', { target: '10.0.0.9' }],
    ['has a number for a name', { target: '1.2' }],
    ['has a name that is none in a URL', { target: 'a/b' }],
    ['has a name that would be credentials in a URL', { target: 'a@b' }],
  ])('are none where a record %s', async (_, bad) => {
    const target = bad.target ?? 'bad.internal';
    const { server } = await start({
      [`SRV ${service}`]: [{ ...srv('bad.internal', 1), ...bad }, srv('a.internal', 2)],
      'A a.internal': ['10.0.0.1'],
      [`A ${target}`]: ['10.0.0.2'],
    });
    expect(await servicesOf(server)()).toEqual([{ hostname: 'a.internal', port: 2, address: '10.0.0.1' }]);
  });

  test.each<[string, ReadonlyArray<ReturnType<typeof srv>>, string]>([
    ['record leads anywhere', [srv('.', 0)], 'no record that leads anywhere'],
    ['target has an address', [srv('a.internal', 1), srv('.', 0)], 'queryAaaa ENODATA a.internal'],
  ])('are an error where no %s', async (_, records, why) => {
    const { server } = await start({ [`SRV ${service}`]: records });
    await expect(servicesOf(server)()).rejects.toThrow(`no address from DNS for ${service} (SRV): ${why}`);
  });

  test.each<Manners>(['SERVFAIL', 'NXDOMAIN', 'silent', 'well'])(
    'keep the addresses of a target for which DNS fails, as long as it is one: %s',
    async (manners) => {
      const dns = await start({
        [`SRV ${service}`]: [srv('a.internal', 1), srv('b.internal', 2)],
        'A a.internal': ['10.0.0.1'],
        'A b.internal': ['10.0.0.2'],
      });
      const query = queryTo(dns.server, { hostname: service, record: 'SRV', timeoutMs: 200 });
      const addresses = async () => (await query()).map(({ address }) => address);
      await query();
      dns.mannersFor.set('A a.internal', manners);
      if (manners === 'well') dns.zone.delete('A a.internal');
      dns.zone.set('A b.internal', ['10.0.0.3']);
      expect(await addresses()).toEqual(['10.0.0.1', '10.0.0.3']);
      expect(await addresses()).toEqual(['10.0.0.1', '10.0.0.3']);
      dns.zone.set(`SRV ${service}`, [srv('b.internal', 2)]);
      expect(await addresses()).toEqual(['10.0.0.3']);
      dns.zone.set(`SRV ${service}`, [srv('a.internal', 1), srv('b.internal', 2)]);
      expect(await addresses()).toEqual(['10.0.0.3']);
    },
  );

  test('ask for no IPv6 addresses when those of IPv4 do not come', async () => {
    const dns = await start({
      [`SRV ${service}`]: [srv('a.internal', 1)],
      'AAAA a.internal': ['2001:db8:0:0:0:0:0:1'],
    });
    dns.mannersFor.set('A a.internal', 'SERVFAIL');
    await expect(servicesOf(dns.server)()).rejects.toThrow('queryA ESERVFAIL a.internal');
    expect(dns.questions).not.toContain('AAAA a.internal');
  });

  test('are given up in time, targets and all', async () => {
    const dns = await start({ [`SRV ${service}`]: [srv('a.internal', 1)] });
    dns.mannersFor.set('A a.internal', 'silent');
    const asking = queryTo(dns.server, { hostname: service, record: 'SRV', timeoutMs: 60 })();
    asking.catch(() => {});
    await until(() => dns.questions, including('A a.internal'));
    await expect(asking).rejects.toThrow(`no address from DNS for ${service} (SRV): nothing within 60 ms`);
  });
});
