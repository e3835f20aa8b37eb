/** The servers of the contract suite, which is part of the package and may use nothing of the tests. */
export * from '../../src/testing/stage/servers.ts';
