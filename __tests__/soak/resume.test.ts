import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { seedTitle } from '../fuzz/seed.ts';
import { Resources } from '../helpers/proxy.ts';
import { startChild } from './child.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const megabyte = 1_048_576;

/** Reads a body as fast as it comes. */
async function download(url: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const [res] = (await once(http.get(url, { agent: false }), 'response')) as [IncomingMessage];
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of res) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

test.each([
  ['range', 1_024],
  ['replay', 256],
] as const)(
  `under \`%s\` a file of %d MB from four endpoints that break off often arrives whole, in 60 MB of memory (${seedTitle})`,
  async (resume, megabytes) => {
    const settings = [4, megabytes * megabyte, (megabytes / 50) * megabyte, (megabytes / 5) * megabyte].map(String);
    const mirrors = resources.use(await startChild('mirrors-process.ts', ...settings));
    const { urls, sha256 } = mirrors.hello as { urls: readonly string[]; sha256: string };
    const proxy = resources.use(
      await startChild('proxy-process.ts', ...urls, JSON.stringify({ resume, maxResumes: 100 })),
    );
    const url = `http://127.0.0.1:${proxy.hello}`;
    // Node lets garbage gather before it collects; that is not what is measured.
    await download(`${url}/whole`);
    await proxy.ask('grown?');
    expect(await download(`${url}/broken`)).toEqual({ bytes: megabytes * megabyte, sha256 });
    expect(Number(await proxy.ask('grown?'))).toBeLessThan(60 * megabyte);
  },
  180_000,
);
