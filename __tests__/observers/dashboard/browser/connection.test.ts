import http from 'node:http';
import { createDashboard } from '../../../../src/observers/dashboard/dashboard.ts';
import { listen, type TestServer } from '../../../helpers/servers.ts';
import { until } from '../../../helpers/until.ts';
import { FakeSource, requestEnded } from '../fake-source.ts';
import { describeInBrowser, hasText, open, resources } from './opened-page.ts';

describeInBrowser('the connection of the page', () => {
  test('comes back when the server does', async () => {
    const source = new FakeSource();
    const server = http.createServer(createDashboard(source));
    const first = await listen(server);
    const { page } = await open(first.url);
    await first.close();
    await hasText(page, '#connection', /^reconnecting…$/);
    source.hedgesDenied = 9;
    await resources.listen(http.createServer(createDashboard(source)), { port: first.port });
    await hasText(page, '#connection', /^live$/);
    await hasText(page, '[data-field="hedgesDenied"]', /^9$/);
    await hasText(page, '[role="status"]', /^Live again\.$/);
  });

  test('comes back when the server refused it for a while', async () => {
    const source = new FakeSource();
    const dashboard = createDashboard(source);
    let isRefusing = false;
    const server: TestServer = await resources.start((req, res) => {
      if (isRefusing && req.url === '/events') res.writeHead(503).end();
      else dashboard(req, res);
    });
    const { page } = await open(server.url);
    isRefusing = true;
    for (const socket of server.sockets) socket.destroy();
    // The browser gives up, for good, when it gets anything but 200.
    await page.waitForResponse((response) => response.status() === 503);
    isRefusing = false;
    await hasText(page, '#connection', /^live$/);
  });

  test('shows the races of a server that was started anew', async () => {
    const source = new FakeSource();
    const first = await listen(http.createServer(createDashboard(source)));
    const { page } = await open(first.url);
    source.emit(requestEnded({ url: '/1' }), requestEnded({ url: '/2' }));
    await page.waitForFunction(() => document.querySelectorAll('.race').length === 2);
    await first.close();
    await resources.listen(http.createServer(createDashboard(source)), { port: first.port });
    await page.waitForFunction(() => document.querySelectorAll('.race').length === 0);
    source.emit(requestEnded({ url: '/new' }));
    await hasText(page, '.race .path', /^\/new$/);
  });

  /** Serves a dashboard that knows how many streams there were, and are. */
  async function serveCounted() {
    const source = new FakeSource();
    const dashboard = createDashboard(source);
    const streams = { opened: 0, open: 0 };
    const { url } = await resources.start((req, res) => {
      if (req.url === '/events') {
        streams.opened++;
        streams.open++;
        res.once('close', () => streams.open--);
      }
      dashboard(req, res);
    });
    return { source, streams, url };
  }

  test('is made anew when nothing is heard of it', async () => {
    const { streams, url } = await serveCounted();
    const { page } = await open(url, { hasFakeClock: true });
    await page.clock.fastForward(10_000);
    await hasText(page, '#connection', /^live$/);
    expect(streams.opened).toBe(1);
    // Something may be heard meanwhile, after which it takes longer.
    while (streams.opened < 2) await page.clock.fastForward(16_000);
    await hasText(page, '#connection', /^live$/);
    await until(() => streams.open, 1);
  });

  test('ends when nobody has seen the page for a minute, and comes back when somebody does', async () => {
    const { source, streams, url } = await serveCounted();
    const { page } = await open(url, { hasFakeClock: true });
    const becomes = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await becomes(true);
    await page.clock.fastForward(61_000);
    await until(() => streams.open, 0);
    source.hedgesDenied = 3;
    await becomes(false);
    await hasText(page, '[data-field="hedgesDenied"]', /^3$/);
    // And there is no other one besides, but perhaps for one that is just ending.
    await until(() => streams.open, 1);
  });
});
