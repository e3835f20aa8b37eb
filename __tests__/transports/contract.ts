import type { Transport } from '../../src/index.ts';
import { type TransportContractOptions, transportContract } from '../../src/testing/testing.ts';

/** Runs the contract that is part of the package, one test for each of its cases. */
export function describeTransport(name: string, create: () => Transport, options?: TransportContractOptions): void {
  describe(name, () => {
    for (const { topic, name: sentence, run } of transportContract(create, options)) test(`${topic}: ${sentence}`, run);
  });
}
