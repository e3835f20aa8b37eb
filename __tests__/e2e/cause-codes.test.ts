import https from 'node:https';
import { gotTransport, nodeTransport, type Transport } from '../../src/index.ts';
import { testCertificate } from '../../src/testing/testing.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { endOf } from './mirror.ts';

const resources = leakCheckedResources();

const transports: ReadonlyArray<readonly [string, () => Transport]> = [
  ['got', () => gotTransport()],
  ['node', () => nodeTransport()],
  ['undici', () => undiciTransport()],
  ['HTTP/2', () => nodeTransport({ http2: true })],
];

describe.each(transports)('over %s, the error of a request tells', (_, create) => {
  const places: ReadonlyArray<readonly [string, () => Promise<string>]> = [
    [
      'ECONNREFUSED',
      async () => {
        const server = await resources.start(answering(200, 'ok'));
        await server.close();
        return server.url;
      },
    ],
    ['ENOTFOUND', async () => 'http://no-such-host.invalid'],
    [
      'ECONNRESET',
      async () => (await resources.startTcp((socket) => socket.once('data', () => socket.resetAndDestroy()))).url,
    ],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      async () => {
        const { url } = await resources.listen(https.createServer({ ...testCertificate }));
        return url.replace('http:', 'https:');
      },
    ],
  ];

  test.each(places)('%s', async (code, start) => {
    const served = await resources.serve({ endpoints: [await start()], transport: create() });
    await request(served.url);
    const { error, attempts } = await endOf(served);
    expect([error?.causeCode, attempts[0]?.error?.causeCode]).toEqual([code, code]);
  });
});
