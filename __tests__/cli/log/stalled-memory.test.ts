import { readFileSync } from 'node:fs';
import http from 'node:http';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { Command } from '../command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const testWithProc = process.platform === 'linux' ? test : test.skip;

/** Sends so many requests of 8 KB each, over kept-alive connections. */
async function send(url: string, count: number): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });
  const path = `/${'x'.repeat(8_000)}`;
  const client = async (): Promise<void> => {
    for (let sent = 0; sent < count / 10; sent++) {
      expect(await request(url + path, { agent })).toMatchObject({ status: 200 });
    }
  };
  await Promise.all(Array.from({ length: 10 }, client));
  agent.destroy();
}

/** The memory that a process and its workers have, in mebibytes. */
function memoryOf({ child: { pid }, workers }: Command): number {
  const sizes = [pid, ...workers.values()].map((one) => {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${one}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1_024;
  });
  return sizes.reduce((total, size) => total + size, 0);
}

/** Node would let garbage lie around rather than collect it, as long as there is memory. */
const environment = { NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=100' };

testWithProc.each([
  ['one process', []],
  ['two workers', ['-workers', '2']],
])('a log that nobody reads takes no more memory of %s with each request', async (_, flags) => {
  const endpoint = await resources.start(answering(200, 'hello'));
  const command = new Command(['-e', endpoint.url, '-address', '127.0.0.1:0', ...flags], { environment });
  const url = await command.url();
  command.child.stdout?.pause();
  await send(url, 2_000);
  let grown = Infinity;
  // A worker that gets its first requests late grows once, and lines that are kept do so each time: those of 6,000 requests are 47 MiB.
  for (let round = 0; round < 3 && grown >= 25; round++) {
    const before = memoryOf(command);
    await send(url, 6_000);
    grown = memoryOf(command) - before;
  }
  expect(grown).toBeLessThan(25);
});
