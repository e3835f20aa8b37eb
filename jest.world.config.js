import manifest from './package.json' with { type: 'json' };

/** What runs in networks of its own, with other programs' servers: jest's settings as they are, one file after the other. */
export default {
  ...manifest.jest,
  roots: ['<rootDir>/__tests__/world'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
