import http2 from 'node:http2';
import { createCertificate } from '../../../shared/certificate.ts';
import { gotTransport } from '../../../src/index.ts';
import { unsendable } from '../../../src/testing/contract/requests.ts';
import { upstreamRequest } from '../../../src/testing/testing.ts';
import type { UpstreamRequest } from '../../../src/transports/message/transport.ts';
import { Resources } from '../../helpers/proxy.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

test.each(unsendable)('HTTP/2 reports what cannot be sent as such, and the connection stays: %s', async (_, more) => {
  const certificate = await createCertificate();
  const asked: string[] = [];
  const server = http2.createSecureServer(certificate, (req, res) => {
    asked.push(req.url);
    res.end('ok');
  });
  const endpoint = await resources.listen(server);
  const transport = resources.use(gotTransport({ http2: true }));
  const url = endpoint.url.replace('http', 'https');
  const tls = { ca: certificate.cert };
  const { signal } = new AbortController();
  const send = (settings: Partial<UpstreamRequest>) =>
    transport.send(upstreamRequest(url, { tls, ...settings }), signal);
  await expect(send(more)).rejects.toMatchObject({ code: 'ERR_BRP_UNSENDABLE' });
  expect((await send({})).status).toBe(200);
  expect([asked, endpoint.accepted]).toEqual([['/'], 1]);
});
