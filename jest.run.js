import { availableParallelism } from 'node:os';

/** What holds for a whole run of jest, and is taken from its root configuration alone. */
export default {
  // Many tests wait for something most of their time.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // Jest keeps the modules of every file, and some tests look through all memory.
  workerIdleMemoryLimit: '500MB',
  testTimeout: 60_000,
};
