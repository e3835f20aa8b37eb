import base from './jest.config.js';

/** The suites that concern transports, over undici: jest's settings as they are, but undici in got's place. */
export default {
  ...base,
  displayName: 'undici',
  roots: ['<rootDir>/__tests__/e2e', '<rootDir>/__tests__/fuzz', '<rootDir>/__tests__/soak'],
  moduleNameMapper: { '/transports/got\\.ts$': '<rootDir>/__tests__/helpers/undici-by-default.ts' },
};
