import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { createCertificate } from '../../shared/certificate.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { connectRaw, serveUpgrades, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

/** Linux tells for each connection which timer runs for it and when it is due; 2 is that of keep-alive. */
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

/** In how many seconds TCP asks whether the other side of the connection from this port is still there. */
function probedInSeconds(localPort: number | undefined): number | undefined {
  const port = (localPort ?? 0).toString(16).toUpperCase().padStart(4, '0');
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, , , , timer] = line.trim().split(/\s+/);
    const [kind, ticks] = timer?.split(':') ?? [];
    if (local?.endsWith(`:${port}`) && kind === '02') return Number.parseInt(ticks ?? '', 16) / 100;
  }
  return undefined;
}

describeOnLinux.each(['http', 'https'])('an endpoint that vanishes is noticed over %s', (scheme) => {
  /** Where the connections of the proxy to its endpoint come from. */
  const start = async (answer: http.RequestListener) => {
    const server =
      scheme === 'https' ? https.createServer(await createCertificate(), answer) : http.createServer(answer);
    const ports: Array<number | undefined> = [];
    server.on('connection', ({ remotePort }: Socket) => void ports.push(remotePort));
    server.on('upgrade', (_req, socket) => {
      socket.on('error', () => {}).on('end', () => socket.end());
      socket.resume().write(switching);
    });
    const { url } = await resources.listen(server);
    const settings = { largeBody: 'stream', bodyLimitBytes: 10, tls: { rejectUnauthorized: false } } as const;
    const served = resources.use(await serveUpgrades({ endpoints: [url.replace('http', scheme)], ...settings }));
    return { url: served.url, ports };
  };

  test('when a WebSocket is silent', async () => {
    const { url, ports } = await start(() => {});
    const client = connectRaw(url);
    await client.until('101');
    expect(probedInSeconds(ports[0])).toBeLessThan(61);
    client.socket.destroy();
  });

  test.each([
    ['a response', ''],
    ['a response to a streamed upload', 'x'.repeat(20)],
  ])('when %s is silent', async (_, body) => {
    const { url, ports } = await start((req, res) => void req.resume().once('end', () => res.write('event')));
    const client = http.request(url, { method: 'POST', agent: false });
    const received = new Promise<http.IncomingMessage>((resolve) => client.once('response', resolve));
    client.on('error', () => {}).end(body);
    (await received).on('error', () => {});
    expect(probedInSeconds(ports[0])).toBeLessThan(61);
    client.destroy();
  });
});
