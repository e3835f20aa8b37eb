import { noOverrides } from '../../src/endpoints/configured-endpoint.ts';
import type { EndpointOptions } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import { endpointsIn, problemWith } from './problems.ts';

const url = 'http://one.example';

/** The settings of one endpoint, as the code works with them. */
function settingsOf(own: Partial<EndpointOptions>, general: Partial<BalancingProxyOptions> = {}) {
  const [endpoint] = endpointsIn(resolveOptions({ endpoints: [{ url, ...own }], ...general }));
  return { ...endpoint?.settings, maxInFlight: endpoint?.maxInFlight };
}

describe('the settings of an endpoint', () => {
  test('are none of its own where it has none', () => {
    const endpoints = endpointsIn(resolveOptions({ endpoints: [url, { url }, { url, tier: 1, maxInFlight: 3 }] }));
    for (const { settings } of endpoints) expect(settings).toBe(noOverrides);
  });

  test('take the place of the general limits of time one by one', () => {
    const general = { timeouts: { connectMs: 1, responseMs: 2, firstByteMs: 3, idleMs: 4 } };
    const { timeouts } = settingsOf({ timeouts: { responseMs: 20, idleMs: Infinity } }, general);
    expect(timeouts).toMatchObject({ connectMs: 1, responseMs: 20, firstByteMs: 3, idleMs: Infinity });
  });

  test('leave the defaults where there is nothing general either', () => {
    const { timeouts } = settingsOf({ timeouts: { responseMs: 20 } });
    expect(timeouts).toMatchObject({ connectMs: 3_000, responseMs: 20, firstByteMs: Infinity, idleMs: 60_000 });
  });

  test.each([
    ['200', [200, 204], [404, 500]],
    ['!429', [200, 404], [429, 500]],
    [
      ['4xx', 503],
      [404, 503],
      [200, 500],
    ],
  ])('replace the general terminal statuses: %j', (terminalStatuses, terminal, others) => {
    const settings = settingsOf({ terminalStatuses }, { terminalStatuses: '5xx' });
    expect(terminal.map((status) => settings.terminalStatuses?.(status))).toEqual(terminal.map(() => true));
    expect(others.map((status) => settings.terminalStatuses?.(status))).toEqual(others.map(() => false));
  });

  test('have a limit of attempts and responses under way', () => {
    expect(settingsOf({ maxInFlight: 2 }, { maxInFlight: 5 }).maxInFlight).toBe(2);
    expect(settingsOf({}, { maxInFlight: 5 }).maxInFlight).toBeUndefined();
  });

  test('are frozen', () => {
    const { timeouts } = settingsOf({ timeouts: { idleMs: 1 } });
    expect(Object.isFrozen(timeouts)).toBe(true);
  });
});

describe('a bad setting of an endpoint', () => {
  const ms = 'milliseconds above 0 and up to 2147483647, or Infinity';
  test.each<[object, string]>([
    [{ timeouts: { connectMs: 0 } }, `\`endpoints[1].timeouts.connectMs\`: expected ${ms}, got 0`],
    [{ timeouts: { idleMs: '1s' } }, `\`endpoints[1].timeouts.idleMs\`: expected ${ms}, got '1s'`],
    [{ timeouts: 5 }, '`endpoints[1].timeouts`: expected an object, got 5'],
    [
      { timeouts: { totalMs: 5 } },
      '`endpoints[1].timeouts.totalMs` is unknown; known are connectMs, responseMs, firstByteMs, idleMs',
    ],
    [{ timeouts: { conectMs: 5 } }, '`endpoints[1].timeouts.conectMs` is unknown; did you mean `connectMs`?'],
    [{ maxInFlight: 0 }, '`endpoints[1].maxInFlight`: expected a whole number from 1, or Infinity, got 0'],
    [
      { terminalStatuses: '!1xx,!2xx,!3xx,!4xx' },
      "`endpoints[1].terminalStatuses`: expected statuses of which some are left, got '!1xx,!2xx,!3xx,!4xx'",
    ],
  ])('is refused with its place: %j', (own, problem) => {
    expect(problemWith('endpoints', [url, { url, ...own }])).toBe(`option ${problem}`);
  });
});
