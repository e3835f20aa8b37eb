import run from './jest.run.js';

// Read by `jest.config.js` and by the tests that have rounds.
process.env.THOROUGH_TESTS = '1';

/** Every test with all its rounds, over got and undici, and the end-to-end suite over node:http itself. */
export default {
  ...run,
  projects: ['<rootDir>/jest.config.js', '<rootDir>/jest.undici.config.js', '<rootDir>/jest.node.config.js'],
};
