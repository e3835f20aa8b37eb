import { createPrivateKey } from 'node:crypto';
import http2 from 'node:http2';
import https from 'node:https';
import type { TlsOptions as ServerOptions, TLSSocket } from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { gotTransport, nodeTransport, type TlsOptions, type Transport } from '../../src/index.ts';
import { testCertificate } from '../../src/testing/testing.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';

const resources = leakCheckedResources();

/** Each transport, with the protocol that its endpoints speak. */
const transports: ReadonlyArray<readonly [string, boolean, () => Transport]> = [
  ['got', false, () => gotTransport()],
  ['node', false, () => nodeTransport()],
  ['undici', false, () => undiciTransport()],
  ['HTTP/2', true, () => nodeTransport({ http2: true })],
];

const { cert, key } = await createCertificate('client');
const passphrase = 'open sesame';
const locked = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
const { cert: ca } = testCertificate;
const cipher = 'ECDHE-ECDSA-CHACHA20-POLY1305';

/** What an endpoint tells of the connection on which it was asked. */
function toldOf(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate();
  return [socket.getProtocol(), socket.getCipher().standardName, subject?.CN ?? 'nobody'].join(' ');
}

async function start(isHttp2: boolean, options: ServerOptions): Promise<string> {
  const settings = { ...testCertificate, ...options };
  const server = isHttp2
    ? http2.createSecureServer(settings, (req, res) => res.end(toldOf(req.stream.session?.socket as TLSSocket)))
    : https.createServer(settings, (req, res) => res.end(toldOf(req.socket as TLSSocket)));
  return (await resources.listen(server)).url.replace('http:', 'https:');
}

const login = { requestCert: true, ca: cert };

const cases: ReadonlyArray<readonly [string, ServerOptions, TlsOptions, RegExp]> = [
  ['shows a certificate whose key has a passphrase', login, { cert, key: locked, passphrase }, / client$/],
  ['offers no older version than it is told', {}, { minVersion: 'TLSv1.3' }, /^TLSv1.3 /],
  ['offers no newer version than it is told', {}, { maxVersion: 'TLSv1.2' }, /^TLSv1.2 /],
  ['offers the ciphers that it is told', {}, { ciphers: cipher, maxVersion: 'TLSv1.2' }, /CHACHA20_POLY1305/],
];

describe.each(transports)('over %s, `tls`', (_, isHttp2, create) => {
  test.each(cases)('%s', async (_what, server, tls, told) => {
    const served = await resources.serve({
      endpoints: [await start(isHttp2, server)],
      transport: create(),
      tls: { ca, ...tls },
    });
    expect((await request(served.url)).text).toMatch(told);
  });

  test.each(cases)('of an endpoint %s', async (_what, server, tls, told) => {
    const url = await start(isHttp2, server);
    const served = await resources.serve({ endpoints: [{ url, tls }], transport: create(), tls: { ca } });
    expect((await request(served.url)).text).toMatch(told);
  });

  test('does not connect below its oldest version', async () => {
    const endpoints = [await start(isHttp2, { maxVersion: 'TLSv1.2' })];
    const served = await resources.serve({ endpoints, transport: create(), tls: { ca, minVersion: 'TLSv1.3' } });
    expect((await request(served.url)).status).toBe(502);
  });
});
