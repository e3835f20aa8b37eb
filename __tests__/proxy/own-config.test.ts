import { resolveOptions } from '../../src/options/config.ts';
import { ownConfig } from '../../src/proxy/own-config.ts';
import { endpointsIn } from '../options/problems.ts';

/** Options, and the endpoints among them. */
function resolved(responseMs = 30_000) {
  const endpoints = ['http://one.example', { url: 'http://two.example', timeouts: { idleMs: 1 } }];
  const config = resolveOptions({ endpoints, timeouts: { responseMs } });
  const [plain, own] = endpointsIn(config);
  return { config, plain: plain ?? { settings: {} }, own: own ?? { settings: {} } };
}

describe('the options for attempts at an endpoint', () => {
  test('are those of the proxy where the endpoint has no settings of its own', () => {
    const { config, plain } = resolved();
    expect(ownConfig(plain, config)).toBe(config);
  });

  test('are those of the proxy but for the settings of its own', () => {
    const { config, own } = resolved();
    expect(ownConfig(own, config)).toEqual({ ...config, timeouts: { ...config.timeouts, idleMs: 1 } });
  });

  test('are made once for all attempts', () => {
    const { config, own } = resolved();
    expect(ownConfig(own, config)).toBe(ownConfig(own, config));
  });

  test('are not those of another proxy with the same settings', () => {
    const { config, own } = resolved();
    const other = { ...config, holdBytes: 1 };
    expect([ownConfig(own, config), ownConfig(own, other)]).toMatchObject([{ holdBytes: 65_536 }, { holdBytes: 1 }]);
  });
});
