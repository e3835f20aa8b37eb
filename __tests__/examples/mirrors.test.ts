import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { createMirrorProxy } from '../../examples/mirrors.ts';
import { temporaryFolder } from '../cli/files.ts';
import { contentOf, endOf, type MirrorSettings, sha256, startMirror } from '../e2e/mirror.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { startNginxWith } from '../helpers/nginx.ts';
import { describeWith } from '../helpers/programs.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const content = contentOf(3_000_000);
const notFound = answering(404, 'not here');
const found = answering(200, 'found');

const serve = (urls: readonly string[]) => resources.serveCreated(createMirrorProxy([...urls]));

/** Serves the proxy for mirrors of the content, each a little different. */
async function serveMirrors(...mirrors: ReadonlyArray<Partial<MirrorSettings>>) {
  const started = await Promise.all(
    mirrors.map((mirror) => startMirror(resources, { content, how: 'fin', ...mirror })),
  );
  return { ...(await serve(started.map(({ url }) => url))), asked: started.map(({ asked }) => asked) };
}

describe('the recipe of mirrors', () => {
  test.each(['/pool/a.deb', '/dists/stable/InRelease'])('gives %s of the mirror that has it', async (path) => {
    const endpoints = [await resources.startAt(notFound), await resources.startAt(late(300, found))];
    const { url } = await serve(endpoints);
    expect((await request(url + path)).text).toBe('found');
  });

  test('gives the 404 when no mirror has the file', async () => {
    const endpoints = [await resources.startAt(notFound), await resources.startAt(answering(404, 'nor here'))];
    const { url } = await serve(endpoints);
    expect(await request(`${url}/pool/a.deb`)).toMatchObject({ status: 404, text: 'not here' });
  });

  test('takes every list from the first mirror', async () => {
    const mirrors = [await resources.startSaying('one'), await resources.startSaying('two')];
    const { url } = await serve(mirrors.map((mirror) => mirror.url));
    for (let round = 0; round < 40; round++) await request(`${url}/dists/stable/Packages`);
    expect(mirrors.map((mirror) => mirror.asked())).toEqual([40, 0]);
  });

  test('goes on with a file at another mirror, by range, with no byte twice', async () => {
    const breaking = { headers: { ETag: '"one"' }, breaksAt: [1_000_000] };
    const { url, asked } = await serveMirrors(breaking, breaking);
    const { status, headers, body } = await request(`${url}/pool/a.deb`);
    expect([status, headers['content-length'], sha256(body)]).toEqual([200, `${content.length}`, sha256(content)]);
    const ranges = asked.flat().map(({ range }) => range);
    expect(ranges.sort()).toEqual(['bytes=1000000-2999999', 'bytes=2000000-2999999', undefined]);
  });

  test('goes on at the same mirror where the ETags are different, if it can', async () => {
    const { url } = await serveMirrors(
      { headers: { ETag: '"one"' }, breaksAt: [1_000_000] },
      { headers: { ETag: '"two"' }, breaksAt: [1_000_000] },
    );
    expect(sha256((await request(`${url}/pool/a.deb`)).body)).toBe(sha256(content));
  });

  test.each([
    ['different ETags', { ETag: '"one"' }, { ETag: '"two"' }],
    ['no ETags', {}, {}],
    ['weak ETags', { ETag: 'W/"one"' }, { ETag: 'W/"one"' }],
  ])('breaks off visibly where mirrors have %s, and the client may ask for the rest', async (_, one, two) => {
    const breaksAt = [1_000_000, 0, undefined];
    const { url, ...served } = await serveMirrors({ headers: one, breaksAt }, { headers: two, breaksAt });
    await expect(request(`${url}/pool/a.deb`).then(({ status }) => status)).rejects.toThrow(/aborted|ECONNRESET/);
    expect((await endOf(served)).resumes).toBe(0);
    const rest = await request(`${url}/pool/a.deb`, { headers: { Range: 'bytes=2990000-' } });
    expect([rest.status, sha256(rest.body)]).toEqual([206, sha256(content.subarray(2_990_000))]);
  });
});

describeWith('the recipe of mirrors, before real ones', ['nginx'], () => {
  test('goes on where two nginx have the same file with the same time', async () => {
    const folder = temporaryFolder(resources);
    writeFileSync(path.join(folder, 'a.deb'), content);
    chmodSync(folder, 0o755);
    const { port, close } = await resources.listen(http.createServer());
    await close();
    const copy = temporaryFolder(resources);
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
    chmodSync(copy, 0o755);
    const { port: second, close: free } = await resources.listen(http.createServer());
    await free();
    const site = [port, second].map((each, index) => {
      return `server { listen 127.0.0.1:${each}; root ${[folder, copy][index]}; }`;
    });
    await startNginxWith(resources, { folder: temporaryFolder(resources), site: site.join('\n'), port });
    // Breaks each of its connections off after a part of the file.
    const breaking = await resources.startTcp((client) => {
      let left = 1_000_000;
      const nginx = net.connect(port, '127.0.0.1').on('error', () => client.destroy());
      client.on('close', () => nginx.destroy()).pipe(nginx);
      nginx.on('data', (chunk) => {
        left -= chunk.length;
        client.write(chunk, () => left > 0 || client.destroy());
      });
    });
    const { url, ...served } = await serve([breaking.url, `http://127.0.0.1:${second}`]);
    expect(sha256((await request(`${url}/a.deb`)).body)).toBe(sha256(content));
    const { winner, servedBy, resumes } = await endOf(served);
    expect({ winner, servedBy, resumes }).toEqual({
      winner: breaking.url,
      servedBy: `http://127.0.0.1:${second}`,
      resumes: 1,
    });
  });
});
