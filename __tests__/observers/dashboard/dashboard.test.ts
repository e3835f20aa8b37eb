import type http from 'node:http';
import compression from 'compression';
import express from 'express';
import { createDashboard, type DashboardOptions } from '../../../src/observers/dashboard/dashboard.ts';
import { frames, mountingFrames, textOf } from '../../helpers/frames.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import type { TestServer } from '../../helpers/servers.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';
import { including, until } from '../../helpers/until.ts';
import { watch } from './event-stream.ts';
import { FakeSource } from './fake-source.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A dashboard on node:http. */
async function serveDashboard(options?: DashboardOptions): Promise<{ url: string; source: FakeSource }> {
  const source = new FakeSource();
  const dashboard = createDashboard(source, options);
  const server = await resources.start(dashboard);
  resources.use(dashboard);
  return { url: `${server.url}/`, source };
}

const files = [
  ['', 'text/html; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
  ['main.js', 'text/javascript; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
] as const;

describe.each(frames)('createDashboard in $name', ({ start, send, hasMounts }) => {
  const mount = hasMounts ? '/dashboard/' : '/';

  async function serve(options?: DashboardOptions): Promise<{ server: TestServer; url: string; source: FakeSource }> {
    const source = new FakeSource();
    const dashboard = createDashboard(source, options);
    const server = resources.use(await start({ mounts: { '/dashboard': dashboard } }));
    resources.use(dashboard);
    return { server, url: server.url + mount, source };
  }

  test.each(files)('serves %j as %s', async (path, type) => {
    const { url } = await serve();
    const { status, headers, body } = await send(url + path).answer;
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(Buffer.byteLength(await textOf({ body }))).toBe(Number(headers['content-length']));
  });

  test('serves the page whatever its query', async () => {
    const { url } = await serve();
    const { status, body } = await send(`${url}?x=/y`).answer;
    expect(status).toBe(200);
    expect(await textOf({ body })).toContain('<html');
  });

  test('answers HEAD without a body', async () => {
    const { url } = await serve();
    for (const path of ['', 'main.js', 'events']) {
      const { status, body } = await send(url + path, { method: 'HEAD' }).answer;
      expect([status, await textOf({ body })]).toEqual([200, '']);
    }
  });

  test.each(['style.cs', 'page/index.html', '../package.json', '%2e%2e/dashboard.ts', 'tsconfig.json', 'constructor'])(
    'knows no file %s',
    async (path) => {
      const { url } = await serve();
      const { status, body } = await send(url + path).answer;
      expect(status).toBe(404);
      await textOf({ body });
    },
  );

  test.each(['', 'main.js', 'events'])('refuses to take anything at %j', async (path) => {
    const { url } = await serve();
    const { status, headers, body } = await send(url + path, { method: 'POST', body: 'x' }).answer;
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    await textOf({ body });
  });

  test('streams what happens, and drains and restores', async () => {
    const { url, source } = await serve({ allowActions: true });
    const { status, headers, body } = await send(`${url}events`).answer;
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    let text = '';
    body.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    await until(() => text, including('"name":"two"'));
    const origin = new URL(url).origin;
    for (const action of ['drain', 'restore']) {
      const answer = await send(`${url}endpoints/two/${action}`, { method: 'POST', headers: { Origin: origin } })
        .answer;
      expect(answer.status).toBe(200);
      await textOf(answer);
    }
    expect(source.changes).toEqual(['drain two', 'restore two']);
    source.hedgesDenied = 7;
    await until(() => text, including('"hedgesDenied":7'));
  });
});

describe.each(mountingFrames)('createDashboard mounted in $name', ({ start, send }) => {
  test.each(['', '?x=1'])('leads from /dashboard%s to the path with a slash', async (query) => {
    const dashboard = createDashboard(new FakeSource());
    const { url } = resources.use(await start({ mounts: { '/dashboard': dashboard } }));
    const { status, headers, body } = await send(`${url}/dashboard${query}`).answer;
    expect(status).toBe(302);
    expect(new URL(headers.location ?? '', `${url}/dashboard`).href).toBe(`${url}/dashboard/${query}`);
    await textOf({ body });
  });
});

describe('createDashboard', () => {
  test.each<[unknown, string]>([
    [{ allowActions: 'yes' }, "option `allowActions`: expected true or false, got 'yes'"],
    [{ title: ' ' }, "option `title`: expected a text of 1 to 100 characters, got ' '"],
    [{ title: 'x'.repeat(101) }, expect.stringContaining('expected a text of 1 to 100 characters')],
    [{ allowaction: true }, 'option `allowaction` is unknown; did you mean `allowActions`?'],
  ])('refuses the options %j', (options, message) => {
    const refused = expect.objectContaining({ code: 'ERR_BRP_OPTIONS', message });
    expect(() => createDashboard(new FakeSource(), options as DashboardOptions)).toThrow(refused);
  });

  test.each(['/\\evil.example', '/%5cevil.example', '/;evil.example', '/@evil.example'])(
    'never leads away from its host, from %s neither',
    async (path) => {
      const app = express().use('/:tenant', createDashboard(new FakeSource()));
      const { url } = await resources.start(app);
      const { status, headers } = await request(url, { path });
      expect(status).toBe(302);
      expect(new URL(headers.location ?? '', url + path).origin).toBe(url);
    },
  );

  test('leads to the slash below another mount', async () => {
    const app = express().use('/admin', express.Router().use('/dashboard', createDashboard(new FakeSource())));
    const { url } = await resources.start(app);
    const { headers } = await request(`${url}/admin/dashboard`);
    expect(headers.location).toBe('./dashboard/');
  });

  test('leaves to the app what is not its own', async () => {
    const app = express().use(createDashboard(new FakeSource()));
    app.get('/hello', (_req, res) => void res.send('hello'));
    const { url } = await resources.start(app);
    expect((await request(`${url}/hello`)).text).toBe('hello');
  });

  test.each(['', 'main.js', 'events', 'nothing', 'endpoints/one/drain'])(
    'allows nothing from elsewhere at %j',
    async (path) => {
      const { url } = await serveDashboard({ allowActions: true });
      const { headers } = await request(url + path, { method: path.endsWith('drain') ? 'POST' : 'HEAD' });
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(policy.join()).not.toMatch(/unsafe|\*|data:|https?:/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    },
  );

  test('puts its policy in the place of one that was set before', async () => {
    const dashboard = createDashboard(new FakeSource());
    const { url } = await resources.start((req, res) => {
      res.setHeader('content-security-policy', "default-src 'self' https:");
      dashboard(req, res);
    });
    expect((await request(url)).headers['content-security-policy']).not.toContain('https:');
  });

  test('loads nothing that it does not serve', async () => {
    const { url } = await serveDashboard();
    const page = (await request(url)).text;
    const links = [...page.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, link = '']) => link);
    const modules = links.filter((link) => link.endsWith('.js'));
    for (const module of modules) {
      const { text } = await request(url + module);
      const imports = [...text.matchAll(/ from '\.\/([^']+)'/g)].map(([, name = '']) => name);
      modules.push(...imports.filter((name) => !modules.includes(name)));
    }
    expect(modules.length).toBeGreaterThan(5);
    for (const link of [...links, ...modules]) expect([link, (await request(url + link)).status]).toEqual([link, 200]);
    // Inline scripts, styles and handlers would not be run.
    expect(page).not.toMatch(/<style|<script(?![^>]* src=)| style=| on\w+=/);
  });

  test('streams through compression without delay', async () => {
    const source = new FakeSource();
    const dashboard = createDashboard(source);
    const server = await resources.start(express().use(compression({ threshold: 0 }), dashboard));
    resources.use(dashboard);
    const stream = await fetch(`${server.url}/events`, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(stream.headers.get('content-encoding')).toBe('gzip');
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('"name":"one"');
    await reader?.cancel();
  });

  test('tells proxies in front not to hold events back', async () => {
    const { url } = await serveDashboard();
    const stream = resources.use(await watch(url));
    expect(stream.headers).toMatchObject({ 'x-accel-buffering': 'no', 'cache-control': 'no-store' });
  });
});

describe('actions of the dashboard', () => {
  const post = (url: string, path: string, headers: http.OutgoingHttpHeaders = {}) =>
    request(url + path, { method: 'POST', headers: { Origin: new URL(url).origin, ...headers } });

  test.each([undefined, { allowActions: false }])('are not there with %j', async (options) => {
    const { url, source } = await serveDashboard(options);
    expect((await post(url, 'endpoints/one/drain')).status).toBe(404);
    expect((await resources.use(await watch(url)).frame(() => true)).allowActions).toBe(false);
    expect(source.changes).toEqual([]);
  });

  test('are told to the page where they are allowed', async () => {
    const { url } = await serveDashboard({ allowActions: true });
    expect((await resources.use(await watch(url)).frame(() => true)).allowActions).toBe(true);
  });

  test.each(['http://127.0.0.1:8000/base', 'a b/c?d#e%', '<img src=x onerror=alert(1)>', 'ü'])(
    'take the name %j',
    async (name) => {
      const { url, source } = await serveDashboard({ allowActions: true });
      source.endpoints = [snapshotOf(name)];
      expect((await post(url, `endpoints/${encodeURIComponent(name)}/drain`)).status).toBe(200);
      expect(source.changes).toEqual([`drain ${name}`]);
    },
  );

  test('answer 404 for an endpoint that is not there', async () => {
    const { url } = await serveDashboard({ allowActions: true });
    expect(await post(url, 'endpoints/three/drain')).toMatchObject({ status: 404, text: '404 no such endpoint\n' });
  });

  test.each([
    'endpoints/%zz/drain',
    'endpoints//drain',
    'endpoints/one/remove',
    'endpoints/one/two/drain',
    'endpoints/one',
  ])('do not understand %s', async (path) => {
    const { url, source } = await serveDashboard({ allowActions: true });
    expect((await post(url, path)).status).toBe(404);
    expect(source.changes).toEqual([]);
  });

  test('take POST only', async () => {
    const { url, source } = await serveDashboard({ allowActions: true });
    const { status, headers } = await request(`${url}endpoints/one/drain`);
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect(source.changes).toEqual([]);
  });

  test.each<[string, http.OutgoingHttpHeaders]>([
    ['another site', { Origin: 'https://evil.example' }],
    ['a browser that calls it cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a name that was made to lead here', { Origin: 'http://evil.example', Host: 'evil.example' }],
  ])('refuse %s', async (_, headers) => {
    const { url, source } = await serveDashboard({ allowActions: true });
    const { status, text } = await post(url, 'endpoints/one/drain', headers);
    expect(status).toBe(403);
    expect(text).toContain('https');
    expect(source.changes).toEqual([]);
  });
});
