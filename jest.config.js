import path from 'node:path';

/** `jest.thorough.config.js` asks for all tests and all their rounds; without it there are those that are quick. */
export const isThorough = process.env.THOROUGH_TESTS !== undefined;

// Hundreds of tests start a process that runs our source. Compiled once, it starts in a third of the time.
process.env.NODE_COMPILE_CACHE ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'compiled');

/** What is left to `npm run test:all`: it takes long, needs a browser or the registry, or seldom finds what others do not. */
const slowPaths = [
  '/__tests__/soak/',
  '/__tests__/observers/dashboard/browser/',
  '/__tests__/package\\.test\\.ts',
  '/__tests__/bundles\\.test\\.ts',
  '/__tests__/beside-peers\\.test\\.ts',
  '/__tests__/beside-typescript\\.test\\.ts',
  '/__tests__/demo/rolling-restart\\.test\\.ts',
];

export default {
  displayName: 'got',
  testEnvironment: 'node',
  // What is waited for in vain is told of before.
  testTimeout: 60_000,
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/__tests__/world/',
    '/__tests__/frames/',
    ...(isThorough ? [] : slowPaths),
  ],
  extensionsToTreatAsEsm: ['.ts'],
  // Examples import the package by its name, as users do; tsconfig.json has the same list.
  moduleNameMapper: {
    '^balancing-reverse-proxy$': '<rootDir>/src/index.ts',
    '^balancing-reverse-proxy/undici$': '<rootDir>/src/transports/undici.ts',
    '^balancing-reverse-proxy/testing$': '<rootDir>/src/testing/testing.ts',
    '^balancing-reverse-proxy/intercept$': '<rootDir>/src/interception/intercept-response.ts',
    '^balancing-reverse-proxy/metrics$': '<rootDir>/src/observers/metrics/metrics.ts',
    '^balancing-reverse-proxy/opentelemetry$': '<rootDir>/src/observers/tracing/opentelemetry.ts',
    '^balancing-reverse-proxy/dashboard$': '<rootDir>/src/observers/dashboard/dashboard.ts',
  },
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
  },
};
