import run from './jest.run.js';

/** What is quick, over got and undici. */
export default { ...run, projects: ['<rootDir>/jest.config.js', '<rootDir>/jest.undici.config.js'] };
