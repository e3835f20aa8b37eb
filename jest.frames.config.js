import base from './jest.config.js';

/** The examples of frames, each in a process of its own, one after the other. */
export default {
  ...base,
  roots: ['<rootDir>/__tests__/frames'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
