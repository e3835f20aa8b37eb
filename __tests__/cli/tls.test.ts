import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { createCertificate } from '../../shared/certificate.ts';
import { Resources } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { LocalCommand, runLocally, start } from './command.ts';
import { temporaryFile, write } from './files.ts';
import { certificateFiles, connectSecurely, portOf, requestSecurely } from './secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

describe('-tls-cert and -tls-key', () => {
  test('have clients speak https', async () => {
    const endpoint = await resources.start(({ headers }, res) => void res.end(headers['x-forwarded-proto'] as string));
    const { ca, flags } = await certificateFiles(resources);
    const command = start('-e', endpoint.url, ...flags);
    const port = await portOf(command);
    expect(await requestSecurely(port, { ca })).toMatchObject({ status: 200, text: 'https' });
    expect(await command.line(/starting on/)).toMatch(/starting on: "127\.0\.0\.1:\d+" \(https\)$/);
    const plain = http.get({ host: '127.0.0.1', port, agent: false });
    await expect(once(plain, 'response')).rejects.toThrow();
  });

  test.each([
    [['-tls-cert', 'CERT'], /flag -tls-cert: expected -tls-key with it/],
    [['-tls-key', 'KEY'], /flag -tls-key: expected -tls-cert with it/],
    [['-tls-cert', '/missing.pem', '-tls-key', 'KEY'], /flag -tls-cert: \/missing\.pem cannot be read: ENOENT/],
    [['-tls-cert', 'EMPTY', '-tls-key', 'KEY'], /flag -tls-cert: .* cannot be read: it is empty/],
    [['-tls-cert', 'CERT', '-tls-key', 'EMPTY'], /flag -tls-key: .* cannot be read: it is empty/],
    [['-tls-cert', 'KEY', '-tls-key', 'KEY'], /flag -tls-cert: .*key\.pem cannot be used with .*key\.pem: /],
    [
      ['-tls-cert', 'KEY', '-tls-key', 'CERT'],
      /flag -tls-cert: .*key\.pem cannot be used with .*cert\.pem: the first has no certificate in PEM/,
    ],
    [['-tls-cert', 'CERT', '-tls-key', 'CERT'], /flag -tls-cert: .*: the second has no private key in PEM/],
    [['-tls-cert', 'OTHER', '-tls-key', 'KEY'], /flag -tls-cert: .* cannot be used with .*mismatch/],
  ])('are refused as %j', async (flags, message) => {
    const [{ files }, other] = await Promise.all([certificateFiles(resources), certificateFiles(resources)]);
    const empty = temporaryFile(resources, 'empty.pem', ' \n');
    const places: Record<string, string> = { CERT: files.cert, KEY: files.key, OTHER: other.files.cert, EMPTY: empty };
    const { exitCode, stderr } = await runLocally(
      '-e',
      'http://a.example',
      ...flags.map((flag) => places[flag] ?? flag),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('are named as variables where they are such', async () => {
    const environment = { BRP_TLS_CERT: '/missing.pem', BRP_TLS_KEY: '/missing.pem' };
    const { exitCode, stderr } = await new LocalCommand(['-e', 'http://a.example'], { environment }).ended;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/: variable BRP_TLS_CERT: \/missing\.pem cannot be read: ENOENT/);
  });

  test('are read again on SIGHUP, for new connections', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const { ca, files, flags } = await certificateFiles(resources);
    const command = start('-e', endpoint.url, ...flags);
    const port = await portOf(command);
    const agent = new https.Agent({ keepAlive: true, ca });
    resources.use({ close: () => agent.destroy() });
    await requestSecurely(port, { agent });

    const renewed = await createCertificate('renewed.example');
    write(files.cert, renewed.cert);
    write(files.key, renewed.key);
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    const { subject } = (await connectSecurely(resources, port, { ca: renewed.cert })).getPeerCertificate();
    expect(subject.CN).toBe('renewed.example');
    expect(await requestSecurely(port, { agent })).toMatchObject({ text: 'hello' });
  });

  test('stay as they were when SIGHUP finds bad ones', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const { ca, files, flags } = await certificateFiles(resources);
    const command = start('-e', endpoint.url, ...flags);
    const port = await portOf(command);
    write(files.key, 'nonsense');
    command.signal('SIGHUP');
    expect(await command.line(/cannot reload/)).toMatch(
      /cannot reload, all stays as it was: flag -tls-cert: .* cannot be used with/,
    );
    expect(await requestSecurely(port, { ca })).toMatchObject({ text: 'hello' });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('let %s finish the response under way and nothing else', async (signal) => {
    const begun = Promise.withResolvers<http.ServerResponse>();
    const endpoint = await resources.start((_, res) => {
      res.write('first');
      begun.resolve(res);
    });
    const { ca, flags } = await certificateFiles(resources);
    const command = start('-e', endpoint.url, ...flags, '-shutdown-timeout', '5s');
    const port = await portOf(command);
    const handshaking = net.connect(port, '127.0.0.1');
    const idle = await connectSecurely(resources, port, { ca });
    resources.use({ close: () => handshaking.destroy() });
    const response = requestSecurely(port, { ca });
    const held = await begun.promise;
    const closed = [handshaking, idle].map((socket) => once(socket.resume(), 'close'));
    command.signal(signal);
    await Promise.all(closed);
    held.end(' and last');
    expect(await response).toMatchObject({ text: 'first and last' });
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
