import http from 'node:http';
import path from 'node:path';
import { createSite } from '../../examples/from-express-http-proxy.ts';
import { root } from '../architecture/sources.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Serves the example before a server, with this project's docs as the app's own pages. */
async function serve(endpoint: string) {
  const { app, proxy } = createSite([endpoint], path.join(root, 'docs'));
  resources.use(proxy);
  return (await resources.listen(http.createServer(app))).url;
}

test('path, headers and body are changed on the way', async () => {
  const endpoint = await resources.startAt((req, res) => {
    res.end(`${req.url} ${req.headers['x-gateway']} at pages.internal`);
  });
  const { text, headers } = await request(`${await serve(endpoint)}/a?b=1`);
  expect([text, headers['cache-control']]).toEqual(['/site/a?b=1 one at www.example.com', 'no-store']);
});

test.each([
  ['does not have it', () => resources.startAt(answering(404, 'not here'))],
  ['is away', () => refusedUrl()],
])("the app's own page comes when the server %s", async (_, start) => {
  const { status, text } = await request(`${await serve(await start())}/writes.md`);
  expect([status, text.slice(0, 8)]).toEqual([200, '# Writes']);
});

test('other methods are left to the app', async () => {
  const endpoint = await resources.start(answering(200, 'page'));
  expect(await request(await serve(endpoint.url), { method: 'POST' })).toMatchObject({ status: 404 });
  expect(endpoint.asked()).toBe(0);
});
