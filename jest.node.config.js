import overUndici from './jest.undici.config.js';

/** The end-to-end suite over node:http itself: jest's settings as they are, but `nodeTransport()` in got's place. */
export default {
  ...overUndici,
  displayName: 'node',
  roots: ['<rootDir>/__tests__/e2e'],
  moduleNameMapper: { '/transports/got\\.ts$': '<rootDir>/__tests__/helpers/node-by-default.ts' },
};
