import http2 from 'node:http2';
import net from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { createCertificate } from '../../../../shared/certificate.ts';
import { gotTransport, type Transport, type UpstreamRequest } from '../../../../src/index.ts';
import { upstreamRequest } from '../../../../src/testing/testing.ts';
import { preferHttp2 } from '../../../../src/transports/http2/prefer-http2.ts';
import { later } from '../../../helpers/late.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { turns } from '../../../helpers/turns.ts';
import { atLeast, until } from '../../../helpers/until.ts';

describe('an HTTP/2 connection', () => {
  const resources = new Resources();
  const tls = { rejectUnauthorized: false };
  let transport: Transport;
  beforeEach(() => {
    transport = resources.use(
      preferHttp2(gotTransport(), { silentMs: 100, pongMs: 1_000, firstPongMs: 1_000, proofMs: 1_000, staleMs: 0 }),
    );
  });
  afterEach(() => resources.closeAll());

  /** Starts an endpoint that never answers `/silent`, and a way there on which all connections can fall silent. */
  const start = async () => {
    const silent: http2.Http2ServerResponse[] = [];
    const server = http2.createSecureServer(await createCertificate(), (req, res) => {
      if (req.url === '/silent') silent.push(res);
      else res.end('ok');
    });
    const pings: Buffer[] = [];
    server.on('session', (session) => void session.on('ping', (payload) => pings.push(payload)));
    const endpoint = await resources.listen(server);
    const way = { isDead: false };
    const relay = await resources.startTcp((socket) => {
      const wasDead = way.isDead;
      const isCut = () => way.isDead && !wasDead;
      const other = net.connect(endpoint.port, '127.0.0.1').on('error', () => {});
      socket.on('data', (chunk) => void (isCut() || other.write(chunk))).on('close', () => other.destroy());
      other.on('data', (chunk) => void (isCut() || socket.write(chunk))).on('close', () => socket.destroy());
    });
    return { url: relay.url.replace('http:', 'https:'), way, relay, pings, silent };
  };
  const send = (url: string, more: Partial<UpstreamRequest> = {}, signal = new AbortController().signal) =>
    transport.send(upstreamRequest(url, { tls, ...more }), signal);
  const cancelled = async (url: string) => {
    const abort = new AbortController();
    const sending = send(url, { connectMs: Infinity }, abort.signal);
    later(50, () => abort.abort(new Error('enough')));
    return sending.then(({ body }) => textOf(body)).catch((error: Error) => error.message);
  };

  test('that is dead is replaced although every request on it is cancelled before any limit', async () => {
    const { url, way, relay } = await start();
    expect(await textOf((await send(url)).body)).toBe('ok');
    const [dead] = relay.sockets;
    way.isDead = true;
    await until(
      () => cancelled(url),
      (seen) => seen !== 'enough',
    );
    expect(await cancelled(url)).toBe('ok');
    await until(() => dead?.destroyed, true);
  });

  test('that is dead takes no request along that waits on it', async () => {
    const { url, way } = await start();
    await textOf((await send(url)).body);
    way.isDead = true;
    await expect(send(url)).rejects.toMatchObject({ code: 'ERR_BRP_STALE_CONNECTION' });
    expect(await textOf((await send(url)).body)).toBe('ok');
  });

  test('that is dead is found out before it gets what cannot be sent twice', async () => {
    const { url, way } = await start();
    await textOf((await send(url)).body);
    // The stream closes a moment after its body has ended.
    await turns(5);
    way.isDead = true;
    const post = { method: 'POST', headers: ['Host', 'h', 'Content-Length', '4'], body: Buffer.from('once') };
    expect(await textOf((await send(url, post)).body)).toBe('ok');
  });

  test('with an endpoint that takes its time stays', async () => {
    const { url, pings, silent } = await start();
    const sending = send(url, { target: '/silent' });
    await until(() => pings.length, atLeast(1));
    silent[0]?.end('late');
    expect(await textOf((await sending).body)).toBe('late');
  });
});
