import base, { isThorough } from './jest.config.js';

/** Suites that send nothing, or send it over a transport of their own. */
const withoutTransport = [
  '/soak/resume\\.test',
  '/fuzz/(config-text|faults|hedge-budget|options|terminal|who-is-asked)\\.test',
  '/e2e/(faults/|(kept-responses|own-settings|server-names)\\.test)',
];

/** Suites about clients, frames, options and strategies: `npm run test:all` tries them over undici, too. */
const elsewhere = [
  '/e2e/(absolute-form|behind-middleware|bodies|body|ended-by-app|frames|hostile-clients|http2-clients)\\.test',
  '/e2e/(loops|max-forwards|parsed-bodies|parsed-strings|pipelined|raw-body)\\.test',
  '/e2e/(early-hints|error-pages|errors|events|observers|rewrite-request|trace-context)\\.test',
  '/e2e/(backup-tier|further-tiers|retry-limits|dns-endpoints|drain|ejection|endpoints-function|failover|hedging|prefer)\\.test',
];

/** The suites that concern transports, over undici: jest's settings as they are, but undici in got's place. */
export default {
  ...base,
  displayName: 'undici',
  roots: ['<rootDir>/__tests__/e2e', '<rootDir>/__tests__/fuzz', '<rootDir>/__tests__/soak'],
  testPathIgnorePatterns: [...base.testPathIgnorePatterns, ...withoutTransport, ...(isThorough ? [] : elsewhere)],
  moduleNameMapper: { '/transports/got\\.ts$': '<rootDir>/__tests__/helpers/undici-by-default.ts' },
};
