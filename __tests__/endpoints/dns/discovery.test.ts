import type { EndpointItem } from '../../../src/endpoints/dns/configured-name.ts';
import { Discovery } from '../../../src/endpoints/dns/discovery.ts';
import type { DnsEvents } from '../../../src/endpoints/dns/dns-events.ts';
import type { BalancingProxyOptions } from '../../../src/index.ts';
import { resolveOptions } from '../../../src/options/config.ts';
import { startDns, type TestDns } from '../../helpers/dns-server.ts';
import { Resources } from '../../helpers/proxy.ts';
import { until } from '../../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());
let dns: TestDns;
beforeEach(async () => {
  dns = resources.use(await startDns());
});

function start(endpoints: BalancingProxyOptions['endpoints']) {
  const events: DnsEvents[] = [];
  const { endpoints: items } = resolveOptions({ endpoints });
  const discovery = new Discovery(items as readonly EndpointItem[], (event) => events.push(event));
  return { discovery, events, known: () => discovery.known.map(({ address }) => address.name) };
}

const byName = (name: string, more: object = {}) => ({ dns: `http://${name}`, servers: [dns.server], ...more });

describe('a list with names', () => {
  test('has the addresses of each where its item stands, and none of a name that has no answer', async () => {
    dns.zone.set('A b.test', ['10.0.0.2', '10.0.0.1']).set('A d.test', ['10.0.0.4']);
    const items = ['http://a.test', byName('b.test'), byName('none.test'), 'http://c.test', byName('d.test')];
    const { discovery, known } = start(items);
    expect(known()).toEqual(['http://a.test', 'http://c.test']);
    await discovery.discover([]);
    expect(known()).toEqual([
      'http://a.test',
      'http://b.test (10.0.0.1)',
      'http://b.test (10.0.0.2)',
      'http://c.test',
      'http://d.test (10.0.0.4)',
    ]);
  });

  test('is the very same, frozen, while nothing changes', async () => {
    dns.zone.set('A a.test', ['10.0.0.1']);
    const { discovery, events } = start(['http://b.test', byName('a.test', { refreshMs: 1 })]);
    await discovery.discover([]);
    const list = discovery.current();
    expect(Object.isFrozen(list)).toBe(true);
    const asked = dns.questions.length;
    await until(() => discovery.current() === list && dns.questions.length > asked + 1);
    expect(events).toHaveLength(1);
  });

  test('has distinct names where items give the same address', async () => {
    dns.zone.set('A a.test', ['10.0.0.1']);
    const { discovery, known, events } = start([byName('a.test'), byName('a.test', { tier: 1 })]);
    await discovery.discover([]);
    expect(known()).toEqual(['http://a.test (10.0.0.1)', 'http://a.test (10.0.0.1)#2']);
    expect(discovery.snapshots().map((name) => [name.dns, name.endpoints])).toEqual([
      ['http://a.test', ['http://a.test (10.0.0.1)']],
      ['http://a.test#2', ['http://a.test (10.0.0.1)#2']],
    ]);
    expect(events.map((event) => event.dns).sort()).toEqual(['http://a.test', 'http://a.test#2']);
  });

  test('is given at once while one name has no answer and another has', async () => {
    dns.zone.set('A a.test', ['10.0.0.1']);
    dns.mannersFor.set('A mute.test', 'silent');
    const { discovery } = start([byName('mute.test', { timeoutMs: 1_000 }), byName('a.test')]);
    const first = await discovery.current();
    expect(first.map(({ address }) => address.connectTo)).toEqual(['10.0.0.1']);
    expect(discovery.current()).toBe(first);
    await until(() => discovery.snapshots()[0]?.problem !== undefined);
  });

  test('asks for a name that fails again only after a while, as long as there is another endpoint', async () => {
    dns.manners = 'NXDOMAIN';
    const { discovery } = start(['http://b.test', byName('a.test')]);
    await discovery.discover([]);
    for (let count = 0; count < 10; count++) expect(discovery.current()).toHaveLength(1);
    expect(dns.questions).toEqual(['A a.test']);
  });
});

describe('answers of another discovery', () => {
  const learned = (name: string, address: string) => ({
    dns: `http://${name}`,
    index: 7,
    record: 'A' as const,
    refreshMs: 1,
    answers: [{ hostname: name, address }],
    endpoints: [],
    problem: undefined,
  });

  test('count until there is a better one', async () => {
    dns.zone.set('A a.test', ['10.0.0.1']);
    dns.mannersFor.set('A b.test', 'SERVFAIL');
    const { discovery, known } = start([byName('a.test'), byName('b.test'), byName('c.test')]);
    const discovered = discovery.discover([learned('a.test', '10.0.0.9'), learned('b.test', '10.0.0.8')]);
    expect(known()).toEqual(['http://a.test (10.0.0.9)', 'http://b.test (10.0.0.8)']);
    await discovered;
    expect(known()).toEqual(['http://a.test (10.0.0.1)', 'http://b.test (10.0.0.8)']);
  });

  test('do not count where other records are asked for', () => {
    const { discovery, known } = start([byName('a.test', { record: 'AAAA' })]);
    void discovery.discover([learned('a.test', '10.0.0.9')]);
    expect(known()).toEqual([]);
  });
});
