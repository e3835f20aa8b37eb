import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { createCertificate } from '../../../../shared/certificate.ts';
import { parseFlags } from '../../../../src/cli/flags/parse-flags.ts';
import { createClientServer } from '../../../../src/cli/serve/clients/client-server.ts';
import { ClientLimits } from '../../../../src/cli/serve/limits/client-limits.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { until } from '../../../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A body as it is written at once, and how many of them are more than a socket takes by itself. */
const part = Buffer.alloc(65_536);
const parts = 200;
const large = Buffer.alloc(parts * part.length);

/** A server that answers with a body which is written at once, and breaks off what clients leave unread. */
async function serve({ isSecure = false } = {}) {
  const { cert, key } = await createCertificate();
  const { values } = parseFlags(['-e', 'http://a.example'], {});
  const limits = new ClientLimits({ values, log: () => {}, unreadMs: () => 300 });
  const listener = limits.admitting(
    (req, res) => void res.end(req.url === '/small' ? 'small' : req.url === '/large' ? large : part),
  );
  const server = createClientServer(
    { values, certificate: isSecure ? { cert, key, ticketKeys: randomBytes(48) } : undefined },
    listener,
  );
  limits.guard(server);
  const { port } = await resources.listen(server);
  const openConnections = promisify(server.getConnections.bind(server));
  return { openConnections, port, ca: cert };
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a response that is written to its end and not read', () => {
  test.each([
    ['http', false],
    ['https', true],
  ])('costs its client the connection over %s', async (_, isSecure) => {
    const { openConnections, port, ca } = await serve({ isSecure });
    const socket = isSecure ? tls.connect({ port, host: '127.0.0.1', ca }) : net.connect(port, '127.0.0.1');
    resources.use({ close: () => socket.destroy() });
    socket.on('error', () => {}).pause();
    socket.write(get.repeat(parts));
    await until(() => openConnections(), 1);
    await until(() => openConnections(), 0);
  });

  test('is left alone as long as its client reads now and then', async () => {
    const { openConnections, port } = await serve();
    const [steady, silent] = [1, 2].map(() => {
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      resources.use({ close: () => socket.destroy() });
      socket.pause().write(get.repeat(parts * 20));
      return socket;
    });
    await until(() => openConnections(), 2);
    const reading = setInterval(() => void steady?.read(), 5);
    await until(() => openConnections(), 1);
    clearInterval(reading);
    expect([steady?.closed, silent?.bytesRead]).toEqual([false, expect.any(Number)]);
  });

  test('costs its client the stream over HTTP/2, and no other', async () => {
    const { port, ca } = await serve({ isSecure: true });
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
    resources.use({ close: () => session.destroy() });
    const unread = session.request({ ':path': '/large' }).on('error', () => {});
    unread.pause();
    await once(unread, 'close');
    expect(unread.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
    const small = session.request({ ':path': '/small' });
    expect((await once(small, 'response'))[0]).toMatchObject({ ':status': 200 });
    small.destroy();
  });

  test('costs its client the connection over HTTP/2 that it does not read at all', async () => {
    const { openConnections, port, ca } = await serve({ isSecure: true });
    const socket = tls.connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
    resources.use({ close: () => socket.destroy() });
    await once(socket, 'secureConnect');
    socket.on('error', () => {}).pause();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    for (const frame of [settings, connectionWindow, headers(1), headers(3)]) socket.write(Buffer.from(frame, 'hex'));
    await until(() => openConnections(), 1);
    await until(() => openConnections(), 0);
  });
});

/** SETTINGS with the largest window for streams, and WINDOW_UPDATE with the like for the connection. */
const settings = '0000060400000000000004' + '7fffffff';
const connectionWindow = '000004080000000000' + '7fff0000';

/** HEADERS that end a GET of https://a/large. */
function headers(stream: number): string {
  const block = `8287${'04'}06${Buffer.from('/large').toString('hex')}4101${Buffer.from('a').toString('hex')}`;
  const length = (block.length / 2).toString(16).padStart(6, '0');
  return `${length}0105${stream.toString(16).padStart(8, '0')}${block}`;
}
