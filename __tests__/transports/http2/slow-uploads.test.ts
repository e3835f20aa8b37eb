import http2 from 'node:http2';
import net from 'node:net';
import { createCertificate } from '../../../shared/certificate.ts';
import { gotTransport, type UpstreamRequest } from '../../../src/index.ts';
import { upstreamRequest } from '../../../src/testing/testing.ts';
import type { ConnectionLimits } from '../../../src/transports/http2/connections/connection-limits.ts';
import { preferHttp2 } from '../../../src/transports/http2/prefer-http2.ts';
import { later } from '../../helpers/late.ts';
import { Resources } from '../../helpers/proxy.ts';
import { startTcp } from '../../helpers/servers.ts';

describe('a body that goes over a slow line for longer than a limit', () => {
  const resources = new Resources();
  afterEach(() => resources.closeAll());

  /** Starts an endpoint that lets all of a body come at once, as nginx does, and says how much came. */
  const startEndpoint = async () => {
    const windowBytes = 2 ** 30;
    const settings = { initialWindowSize: windowBytes };
    const server = http2.createSecureServer({ ...(await createCertificate()), settings }, (req, res) => {
      let bytes = 0;
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      req.once('end', () => res.end(String(bytes)));
    });
    server.on('session', (session) => session.setLocalWindowSize(windowBytes));
    return await resources.listen(server);
  };

  /** Starts a way there that takes some 6 MB in a second. */
  const startLine = async (port: number) => {
    const line = await startTcp((socket) => {
      const other = net.connect(port, '127.0.0.1').on('error', () => {});
      socket
        .on('close', () => other.destroy())
        .on('data', (chunk) => {
          other.write(chunk);
          socket.pause();
          later(10, () => socket.resume());
        });
      other.on('data', (chunk) => void socket.write(chunk)).on('close', () => socket.destroy());
    });
    return resources.use(line).url.replace('http:', 'https:');
  };

  test.each<[string, Partial<ConnectionLimits>, Partial<UpstreamRequest>]>([
    ['for an answer to a ping, which stands behind it', { silentMs: 100, pongMs: 1_000 }, {}],
    ['for an endpoint that does not read', {}, { idleMs: 1_000 }],
  ])('%s comes through', async (_, limits, more) => {
    const url = await startLine((await startEndpoint()).port);
    const transport = resources.use(preferHttp2(gotTransport(), limits));
    const body = Buffer.alloc(20_000_000);
    const headers = ['Host', 'h', 'Content-Length', String(body.length)];
    const request = upstreamRequest(url, {
      method: 'POST',
      headers,
      body,
      tls: { rejectUnauthorized: false },
      ...more,
    });
    const response = await transport.send(request, new AbortController().signal);
    let text = '';
    for await (const chunk of response.body) text += chunk;
    expect(text).toBe(String(body.length));
  });
});
