import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { programs } from './started-frame.ts';

/** Other runtimes play the contract of transports: each test says which cases they fail. */

const run = promisify(execFile);

async function play(program: keyof typeof programs, transport: 'got' | 'undici') {
  const [command, ...flags] = programs[program];
  const script = path.join(import.meta.dirname, 'contract.ts');
  const { stdout } = await run(command, [...flags, script, transport], { cwd: import.meta.dirname, timeout: 240_000 });
  return JSON.parse(stdout) as { readonly passed: number; readonly failed: readonly string[] };
}

const failedByDeno = [
  'checks the certificate for the IP address of the URL, which is no name to ask for, on a request',
  'checks the certificate for the IP address of the URL, which is no name to ask for, on a request over a fresh connection',
  'resumes the TLS session of its own endpoint',
];
const stale = 'reports a kept-alive connection that the endpoint closes on reuse as stale';

test.each([
  ['deno', 'got', [stale, ...failedByDeno]],
  ['deno', 'undici', failedByDeno],
  [
    'bun',
    'got',
    [
      'connects to the address, whatever the host name resolves to, with a connection for the asterisk form',
      ...[
        'a kept-alive connection',
        'a fresh connection',
        'a connection for an upgrade',
        'a connection with the Host of the client',
      ].map((what) => `checks the certificate for the name of the URL, on ${what}`),
      'resumes the TLS session of its own endpoint',
    ],
  ],
] as const)(
  '%s passes the contract of transports through %s, but for what is known',
  async (program, transport, known) => {
    const { passed, failed } = await play(program, transport);
    expect(failed).toEqual(known);
    expect(passed).toBeGreaterThan(100);
  },
  300_000,
);

test('undiciTransport() says in Bun that it cannot work there', async () => {
  const { passed, failed } = await play('bun', 'undici');
  expect([passed, failed.length > 100]).toEqual([0, true]);
});
