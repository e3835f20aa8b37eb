// Read by `jest.config.js` and by the tests that have rounds.
process.env.BRP_THOROUGH = '1';

/** Every test with all its rounds, over both transports. */
export default { maxWorkers: '100%', projects: ['<rootDir>/jest.config.js', '<rootDir>/jest.undici.config.js'] };
