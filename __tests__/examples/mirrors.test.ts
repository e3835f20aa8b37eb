import { createMirrorProxy } from '../../examples/mirrors.ts';
import { contentOf, endOf, type MirrorSettings, sha256, startMirror } from '../e2e/mirror.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
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
