import base from './jest.config.js';

/** What runs in networks of its own, with other programs' servers: jest's settings as they are, two files at once: most of their time is on the way. */
export default {
  ...base,
  roots: ['<rootDir>/__tests__/world'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 2,
};
