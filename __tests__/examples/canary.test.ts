import type { RequestListener } from 'node:http';
import { createCanary, createShadow } from '../../examples/canary.ts';
import { contentOf, startMirror } from '../e2e/mirror.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

type Create = typeof createCanary;

const old = answering(200, 'stable');
const good = answering(200, 'next');
const bad = answering(500, 'out of order');
const post = { method: 'POST', body: 'order' };

/** Serves one of the proxies for two versions that answer so. */
async function serve(create: Create, share: number, stable: RequestListener | string, next: RequestListener) {
  const [one, two] = [stable, next].map((version) =>
    typeof version === 'string' ? undefined : resources.start(version),
  );
  const [stableServer, nextServer] = [await one, await two];
  const lines: string[] = [];
  const versions = {
    stable: { name: 'stable', url: stableServer?.url ?? String(stable) },
    next: { name: 'next', url: nextServer?.url ?? '', timeouts: { responseMs: 1_000 } },
  };
  const { url } = await resources.serveCreated(create(share, versions, (line) => lines.push(line)));
  return { url, lines, asked: () => [stableServer?.asked(), nextServer?.asked()] };
}

describe('the recipe of a canary', () => {
  test('has a share of the clients answered by the new version, always the same ones', async () => {
    const { url } = await serve(createCanary, 0.2, old, good);
    const answersOf = async () => {
      const answers: string[] = [];
      for (let client = 0; client < 100; client++) {
        answers.push((await request(url, { headers: { Cookie: `a=1; session=${client}` } })).text);
      }
      return answers;
    };
    const answers = await answersOf();
    const count = answers.filter((text) => text === 'next').length;
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(30);
    expect(await answersOf()).toEqual(answers);
  });

  test.each<[string, RequestListener]>([
    ['fails', bad],
    ['hangs', hanging],
    ['breaks off', (req) => req.socket.destroy()],
  ])('has the old version answer within the same request when the new one %s', async (_, next) => {
    const { url, lines } = await serve(createCanary, 1, old, next);
    expect((await request(`${url}/a`)).text).toBe('stable');
    await until(() => lines.length === 1);
    expect(lines[0]).toMatch(/^GET \/a: next (500|nothing) in \d+ ms, stable 200 in \d+ ms$/);
  });

  test('gives the new version no write', async () => {
    const { url, asked } = await serve(createCanary, 1, old, good);
    expect((await request(url, post)).text).toBe('stable');
    expect(asked()).toEqual([1, 0]);
  });
});

describe('the recipe of a shadow', () => {
  test('gives the new version a copy, and the client the answer of the old one', async () => {
    const { url, asked, lines } = await serve(createShadow, 1, late(30, old), good);
    expect((await request(url)).text).toBe('stable');
    await until(() => asked().join() === '1,1');
    expect(lines).toEqual([]);
  });

  test('has no client wait for the new version', async () => {
    const { url, asked } = await serve(createShadow, 1, old, hanging);
    expect((await request(url)).text).toBe('stable');
    await until(() => asked().join() === '1,1');
  });

  test('reports what the new version did otherwise, also when it comes later', async () => {
    const { url, lines } = await serve(createShadow, 1, old, late(300, bad));
    expect((await request(`${url}/a?b`)).text).toBe('stable');
    await until(() => lines.length === 1);
    expect(lines[0]).toMatch(/^GET \/a\?b: stable 200 in \d+ ms, next 500 in \d+ ms$/);
  });

  test('gives no client an answer of the new version when the old one fails', async () => {
    const { url } = await serve(createShadow, 1, late(30, bad), good);
    expect(await request(url)).toMatchObject({ status: 500, text: 'out of order' });
    const away = await serve(createShadow, 1, await refusedUrl(), good);
    expect((await request(away.url)).status).toBe(502);
  });

  test('goes on with no body of the old version that breaks off', async () => {
    const content = contentOf(300_000);
    const headers = { ETag: '"one"' };
    const broken = await startMirror(resources, { content, headers, breaksAt: [150_000] });
    const whole = await startMirror(resources, { content, headers });
    const versions = { stable: { name: 'stable', url: broken.url }, next: { name: 'next', url: whole.url } };
    const { url } = await resources.serveCreated(createShadow(1, versions, () => {}));
    await expect(request(url).then(({ status }) => status)).rejects.toThrow(/aborted|ECONNRESET/);
  });

  test('copies no write, and nothing beyond the share', async () => {
    const writes = await serve(createShadow, 1, old, good);
    expect((await request(writes.url, post)).text).toBe('stable');
    expect(writes.asked()).toEqual([1, 0]);
    const none = await serve(createShadow, 0, old, good);
    expect((await request(none.url)).text).toBe('stable');
    expect(none.asked()).toEqual([1, 0]);
  });
});
