import http2 from 'node:http2';
import { createCertificate } from '../../shared/certificate.ts';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { gotTransport } from '../../src/transports/got.ts';
import { nodeTransport } from '../../src/transports/node.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { Resources, readAll } from '../helpers/proxy.ts';
import { listen, startHttp } from '../helpers/servers.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const size = 30_000_000;

const startEchoOverHttp2 = async () => {
  const certificate = await createCertificate();
  return listen(http2.createSecureServer(certificate, (req, res) => void req.pipe(res)));
};

test.each([
  ['gotTransport()', 'http', () => gotTransport()],
  ['nodeTransport()', 'http', () => nodeTransport()],
  ['undiciTransport()', 'http', () => undiciTransport()],
  ['gotTransport()', 'https', () => gotTransport({ http2: true })],
])(
  '%s over %s does not take for a stalled upload that the client does not read what comes back',
  async (_, scheme, create) => {
    const echo = resources.use(
      scheme === 'http' ? await startHttp((req, res) => void req.pipe(res)) : await startEchoOverHttp2(),
    );
    const silent = await resources.startTcp((socket) => void socket.pause());
    const transport = resources.use(create());
    const send = (url: string, idleMs: number) => {
      const headers = ['Host', 'h', 'Content-Length', String(size)];
      const tls = { rejectUnauthorized: false };
      const request = upstreamRequest(url, { method: 'POST', headers, body: Buffer.alloc(size), tls });
      return transport.send({ ...request, idleMs }, new AbortController().signal);
    };
    const { body } = await send(echo.url.replace('http', scheme), 1_000);
    expect(body.readableFlowing).not.toBe(true);
    // An endpoint that reads nothing has been silent for longer meanwhile.
    await expect(send(silent.url, 2_500)).rejects.toMatchObject({ code: 'ERR_BRP_IDLE_TIMEOUT' });
    expect((await readAll(body as never)).text).toHaveLength(size);
  },
);
