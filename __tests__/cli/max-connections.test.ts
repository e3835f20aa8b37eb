import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { Resources } from '../helpers/proxy.ts';
import { sendRaw } from '../helpers/raw.ts';
import { until } from '../helpers/until.ts';
import { startLocally } from './command.ts';
import { temporaryFile } from './files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A client that is connected and says nothing. */
async function connect(url: string): Promise<net.Socket> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  resources.use({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return socket;
}

describe('-max-connections', () => {
  test('answers 503 to clients above it, and serves again when others have left', async () => {
    const endpoint = await resources.startSaying('hello');
    const command = startLocally('-endpoints', endpoint.url, '-max-connections', '2');
    const url = await command.url();
    const [first] = [await connect(url), await connect(url)];
    const { text, isReset } = await sendRaw(url, get);
    expect(text).toBe(
      'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    );
    expect([isReset, endpoint.asked()]).toEqual([false, 0]);
    expect(await command.line(/limit of -max-connections/)).toMatch(
      /reached: 1 connections refused in the last second$/,
    );
    first?.destroy();
    await until(async () => (await sendRaw(url, get)).text.slice(0, 12), 'HTTP/1.1 200');
  });

  test('closes connections above it before TLS', async () => {
    const endpoint = await resources.startSaying('hello');
    const { cert, key } = await createCertificate();
    const files = [
      '-tls-cert',
      temporaryFile(resources, 'c.pem', cert),
      '-tls-key',
      temporaryFile(resources, 'k.pem', key),
    ];
    const command = startLocally('-endpoints', endpoint.url, '-max-connections', '2', ...files);
    const port = Number(new URL(await command.url()).port);
    const handshake = async () => {
      const socket = tls.connect({ host: '127.0.0.1', port, ca: cert });
      resources.use({ close: () => socket.destroy() });
      await once(socket, 'secureConnect');
      return socket;
    };
    const [first] = [await handshake(), await handshake()];
    await expect(handshake()).rejects.toThrow(/ECONNRESET|disconnected/);
    first?.destroy();
    await until(
      () =>
        handshake().then(
          () => 'connected',
          () => 'refused',
        ),
      'connected',
    );
  });

  test('has no limit at 0', async () => {
    const endpoint = await resources.startSaying('hello');
    const url = await startLocally('-endpoints', endpoint.url, '-max-connections', '0').url();
    await Promise.all(Array.from({ length: 20 }, () => connect(url)));
    expect((await sendRaw(url, get)).text).toMatch(/^HTTP\/1.1 200 /);
  });
});
