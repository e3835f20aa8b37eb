import quick from './jest.quick.config.js';

/**
 * The tests of `npm test`, with the share of `src` that they run. Lines are not counted that run in processes of their own, such as those
 * of the command and its workers. The thresholds are the figures of CONTRIBUTING.md.
 */
export default {
  ...quick,
  collectCoverage: true,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
  coverageReporters: ['text-summary', 'html'],
  coverageThreshold: { global: { lines: 97, branches: 96 } },
};
