// Read by `jest.config.js` and by the tests that have rounds.
process.env.BRP_THOROUGH = '1';

/** Every test with all its rounds, over got and undici, and the end-to-end suite over node:http itself. */
export default {
  maxWorkers: '100%',
  // Jest takes it from here alone when there are projects.
  testTimeout: 60_000,
  projects: ['<rootDir>/jest.config.js', '<rootDir>/jest.undici.config.js', '<rootDir>/jest.node.config.js'],
};
