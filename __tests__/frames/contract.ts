/** Plays the contract of transports in the runtime that runs this, and prints how many cases pass and the names of those that do not: `bun contract.ts got`. */
const load = (file: string) => import(`../../dist/${file}`);
const { transportContract } = (await load('testing/testing.js')) as typeof import('../../src/testing/testing.ts');
const { gotTransport } = (await load('index.js')) as typeof import('../../src/index.ts');
const { undiciTransport } = (await load('transports/undici.js')) as typeof import('../../src/transports/undici.ts');

// A server of a case may lack a function in this runtime; the case then fails by itself.
process.on('uncaughtException', () => {});

const create = process.argv[2] === 'undici' ? () => undiciTransport() : () => gotTransport();
const failed: string[] = [];
const cases = transportContract(create, { caseTimeoutMs: 10_000 });
for (const { name, run } of cases) {
  try {
    await run();
  } catch {
    failed.push(name);
  }
}
console.log(JSON.stringify({ passed: cases.length - failed.length, failed }));
process.exit();
