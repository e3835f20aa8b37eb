import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import { Resources, readAll } from '../helpers/proxy.ts';
import { sendRaw } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { startSwitching } from '../helpers/upgrades.ts';
import { startLocally } from './command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Starts a command that waits for nobody at its end, with this limit. */
function startLimited(endpoint: string, limit: string, ...flags: readonly string[]) {
  return startLocally('-endpoints', endpoint, '-max-requests', limit, '-shutdown-timeout', '1ms', ...flags);
}

/** Serves two requests at a time, and has two of them under way. */
async function startFull() {
  const endpoint = await resources.startHeld();
  const command = startLimited(endpoint.url, '2', '-admin', '127.0.0.1:0');
  const url = await command.url();
  const waiting = [1, 2].map(() => http.get(url, { agent: false }).on('error', () => {}));
  await until(() => endpoint.held.length, 2);
  return { endpoint, command, url, waiting };
}

/** The response to a request, read to its end. */
async function responseTo(request: ClientRequest) {
  const [res] = (await once(request, 'response')) as [IncomingMessage];
  return { retryAfter: res.headers['retry-after'], connection: res.headers.connection, ...(await readAll(res)) };
}

describe('-max-requests', () => {
  test('answers 503 to requests above it without asking anybody', async () => {
    const { endpoint, command, url } = await startFull();
    expect(await responseTo(http.get(url, { agent: false }))).toMatchObject({
      status: 503,
      retryAfter: '1',
      text: '503 too many requests are under way\n',
    });
    expect(endpoint.asked()).toBe(2);
    expect(await command.line(/limit of -max-requests/)).toMatch(/reached: 1 requests refused in the last second$/);
    expect((await fetch(`${await command.adminUrl()}/healthz`)).status).toBe(200);
  });

  test('serves again when a request has ended, whole or not', async () => {
    const { endpoint, url, waiting } = await startFull();
    waiting[0]?.destroy();
    await until(async () => {
      const asking = http.get(url, { agent: false });
      const answer = responseTo(asking);
      await Promise.race([answer, until(() => endpoint.held.length, 3)]);
      return endpoint.held.length;
    }, 3);
    for (const res of endpoint.held) res.end('done');
    await until(async () => {
      const answer = responseTo(http.get(url, { agent: false }));
      await Promise.race([answer, until(() => endpoint.held.length, 4)]);
      return endpoint.held.length;
    }, 4);
  });

  test('answers uploads that it does not read, so that the answer is not lost', async () => {
    const { endpoint, url } = await startFull();
    const request = http.request(url, { method: 'POST', agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) });
    // The end of the test may come before that of the upload.
    request.on('error', () => {}).end(Buffer.alloc(5_000_000));
    expect(await responseTo(request)).toMatchObject({ status: 503, connection: 'keep-alive' });
    expect(endpoint.asked()).toBe(2);
  });

  test('tells a client that asks first not to send its upload', async () => {
    const { url } = await startFull();
    const headers = { Expect: '100-continue', 'Content-Length': 1_000_000 };
    const request = http.request(url, { method: 'POST', agent: false, headers });
    const onContinue = Promise.withResolvers<never>();
    request.once('continue', () => onContinue.reject(new Error('the client was told to go on')));
    request.flushHeaders();
    const answer = await Promise.race([responseTo(request), onContinue.promise]);
    expect(answer).toMatchObject({ status: 503, connection: 'close' });
  });

  test('has a client send its upload that asks first, as long as there is room', async () => {
    const endpoint = await resources.start((req, res) => void req.pipe(res));
    const url = await startLimited(endpoint.url, '1').url();
    const headers = { Expect: '100-continue', 'Content-Length': 5 };
    const request = http.request(url, { method: 'POST', agent: false, headers });
    request.once('continue', () => request.end('hello'));
    request.flushHeaders();
    expect(await responseTo(request)).toMatchObject({ status: 200, text: 'hello' });
  });

  test('counts upgraded connections for as long as they are open', async () => {
    const endpoint = resources.use(await startSwitching());
    const url = await startLimited(endpoint.url, '1').url();
    const handshake = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n';
    const upgrade = async () => {
      const request = http.get(url, { agent: false, headers: { Connection: 'Upgrade', Upgrade: 'raw' } });
      request.once('response', () => request.destroy(new Error('refused')));
      const [, socket] = await once(request, 'upgrade');
      resources.use({ close: () => socket.destroy() });
      return socket;
    };
    const open = await upgrade();
    expect((await sendRaw(url, handshake)).text).toMatch(/^HTTP\/1.1 503 .*Retry-After: 1\r\n/s);
    expect((await responseTo(http.get(url, { agent: false }))).status).toBe(503);
    open.destroy();
    await until(() =>
      upgrade().then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('-max-header-size', () => {
  test.each([
    ['16KiB by default', [], 17_000, 431],
    ['more', ['-max-header-size', '32KiB'], 17_000, 200],
    ['less', ['-max-header-size', '2KiB'], 3_000, 431],
  ])('may be %s', async (_, flags, bytes, status) => {
    const endpoint = await resources.listen(http.createServer({ maxHeaderSize: 65_536 }, answering(200, 'hello')));
    const url = await startLocally('-endpoints', endpoint.url, ...flags).url();
    const head = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`;
    expect((await sendRaw(url, head)).text).toMatch(`HTTP/1.1 ${status} `);
  });
});
