import type { RequestListener } from 'node:http';
import https from 'node:https';
import { createCertificate } from '../../shared/certificate.ts';
import type { EndpointOption } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, secondLoopback } from '../helpers/servers.ts';
import { connectRaw, serveUpgrades, startSwitching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

/** A server at each of two addresses, at the same port, and endpoints that lead to them by one and the same URL. */
async function startTwo(first: RequestListener, second: RequestListener) {
  const one = await resources.start(first);
  await resources.start(second, { host: secondLoopback, port: one.port });
  const url = `http://api.invalid:${one.port}`;
  const endpoints: EndpointOption[] = ['127.0.0.1', secondLoopback].map((address) => ({ url, address }));
  return { url, endpoints };
}

describe('endpoints with the same URL and different addresses', () => {
  test('each get their requests, with the Host of the URL', async () => {
    const hosts: unknown[] = [];
    const answer = (text: string): RequestListener => {
      return (req, res) => {
        hosts.push(req.headers.host);
        answering(200, text)(req, res);
      };
    };
    const { url, endpoints } = await startTwo(answer('first'), answer('second'));
    const served = await resources.serve({ endpoints, loserGraceMs: Infinity, exposeEndpoint: true });
    const { text, headers } = await request(served.url);
    await served.proxy.close();
    expect(hosts).toEqual([new URL(url).host, new URL(url).host]);
    const names = [`${url} (127.0.0.1)`, `${url} (${secondLoopback})`];
    expect(headers['x-served-by']).toBe(names[text === 'first' ? 0 : 1]);
    expect(served.proxy.endpoints.map(({ name, successes }) => [name, successes])).toEqual([
      [names[0], 1],
      [names[1], 1],
    ]);
  });

  test('have a state each', async () => {
    const { endpoints } = await startTwo(answering(500, 'no'), answering(200, 'yes'));
    const { url, proxy } = await resources.serve({ endpoints: () => endpoints, strategy: 'failover' });
    for (let i = 0; i < 3; i++) expect((await request(url)).text).toBe('yes');
    expect(proxy.endpoints.map(({ successes, failures }) => [successes, failures])).toEqual([
      [0, 3],
      [3, 0],
    ]);
  });

  test('each get a body that is streamed', async () => {
    const echo: RequestListener = (req, res) => void req.pipe(res);
    const { endpoints } = await startTwo(echo, echo);
    for (const endpoint of endpoints) {
      const { url } = await resources.serve({ endpoints: [endpoint], bodyLimitBytes: 1, largeBody: 'stream' });
      expect((await request(url, { method: 'POST', body: 'large' })).text).toBe('large');
    }
  });
});

describe('an endpoint with an address', () => {
  test('is asked again there when a kept-alive connection turns out to be closed', async () => {
    let requests = 0;
    const server = await resources.startTcp((socket) => {
      socket.on('data', () => {
        if (++requests === 2) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const { url, events } = await resources.serve({
      endpoints: [{ url: `http://api.invalid:${server.port}`, address: '127.0.0.1' }],
    });
    for (let i = 0; i < 2; i++) expect((await request(url)).text).toBe('ok');
    expect([requests, server.accepted]).toEqual([3, 2]);
    expect(events.filter(({ type }) => type === 'attempt-started')).toHaveLength(2);
  });

  test('switches protocols', async () => {
    const server = resources.use(await startSwitching((socket) => void socket.end('hello')));
    const { url } = resources.use(
      await serveUpgrades({ endpoints: [{ url: `http://api.invalid:${server.port}`, address: '127.0.0.1' }] }),
    );
    expect(await connectRaw(url).closed()).toContain('hello');
  });

  test('has to have a certificate for the name of its URL', async () => {
    const certificate = await createCertificate();
    const server = await resources.listen(https.createServer(certificate, answering(200, 'secret')));
    const [right, wrong] = ['localhost', 'api.invalid'].map((host) => ({
      url: `https://${host}:${server.port}`,
      address: '127.0.0.1',
    })) as [EndpointOption, EndpointOption];
    const tls = { ca: certificate.cert };
    expect((await request((await resources.serve({ endpoints: [right], tls })).url)).text).toBe('secret');
    const refused = await request((await resources.serve({ endpoints: [wrong], tls })).url);
    expect([refused.status, refused.text]).toEqual([502, '502 ERR_BRP_EXHAUSTED\n']);
  });
});
