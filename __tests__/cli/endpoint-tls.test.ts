import { execFileSync } from 'node:child_process';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { LocalCommand, runLocally, start } from './command.ts';
import { temporaryFile, write } from './files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const [own, ours, other] = await Promise.all(['localhost', 'ours', 'other'].map((name) => createCertificate(name)));
if (!own || !ours || !other) throw new Error('there are three');

function pemFiles() {
  return {
    ca: temporaryFile(resources, 'ca.pem', own?.cert ?? ''),
    cert: temporaryFile(resources, 'cert.pem', ours?.cert ?? ''),
    key: temporaryFile(resources, 'key.pem', ours?.key ?? ''),
  };
}

/** An endpoint with a certificate that signs itself, which asks for one of ours and tells its name. */
async function startEndpoint(): Promise<string> {
  const settings = { ...own, requestCert: true, rejectUnauthorized: false, ca: [ours?.cert ?? '', other?.cert ?? ''] };
  const server = https.createServer(settings, ({ socket }, res) => {
    res.end((socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody');
  });
  const { port } = await resources.listen(server);
  return `https://127.0.0.1:${port}`;
}

describe('-tls-ca, -tls-client-cert and -tls-client-key', () => {
  test.each(['-http2', '-http2=false'])('are the files for https endpoints, with %s', async (http2) => {
    const { ca, cert, key } = pemFiles();
    const flags = ['-tls-ca', ca, '-tls-client-cert', cert, '-tls-client-key', key, http2];
    const command = start('-e', await startEndpoint(), ...flags);
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'ours' });
  });

  test('reach every worker, and are read again on SIGHUP', async () => {
    const { ca, cert, key } = pemFiles();
    const flags = ['-tls-ca', ca, '-tls-client-cert', cert, '-tls-client-key', key, '-workers', '2'];
    const command = start('-e', await startEndpoint(), ...flags);
    const url = await command.url();
    expect(await request(url)).toMatchObject({ status: 200, text: 'ours' });
    write(cert, other.cert);
    write(key, other.key);
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    expect(await request(url)).toMatchObject({ status: 200, text: 'other' });
    expect(command.lines.join('\n')).not.toMatch(/BEGIN|PRIVATE/);
  });

  test('win over the same fields of the file, one by one', async () => {
    const { ca, cert, key } = pemFiles();
    const config = temporaryFile(resources, 'proxy.json', {
      endpoints: [await startEndpoint()],
      tls: { ca: other.cert, cert: ours.cert, key: ours.key },
    });
    const command = start('-config', config, '-tls-ca', ca);
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'ours' });
    const mixed = start('-config', config, '-tls-ca', ca, '-tls-client-cert', cert, '-tls-client-key', key);
    expect(await request(await mixed.url())).toMatchObject({ status: 200, text: 'ours' });
  });

  test.each([
    [['-tls-ca', '/missing.pem'], /flag -tls-ca: \/missing\.pem cannot be read: ENOENT/],
    [['-tls-ca', 'EMPTY'], /flag -tls-ca: .*empty\.pem cannot be read: it is empty/],
    [['-tls-ca', 'NONSENSE'], /flag -tls-ca: expected certificates in PEM, got something else/],
    [
      ['-tls-client-cert', 'CERT'],
      /flag -tls-client-key: expected the key that belongs to flag -tls-client-cert, got none/,
    ],
    [
      ['-tls-client-key', 'KEY'],
      /flag -tls-client-cert: expected the certificate that belongs to flag -tls-client-key, got none/,
    ],
    [
      ['-tls-client-cert', 'CERT', '-tls-client-key', 'OTHER'],
      /flag -tls-client-cert: expected .* key values mismatch/,
    ],
    [
      ['-tls-client-cert', 'CERT', '-tls-client-key', 'NONSENSE'],
      /flag -tls-client-cert: expected .* but OpenSSL says/,
    ],
    [['-tls-client-cert', 'CERT', '-tls-client-key', 'LOCKED'], /flag -tls-client-key: .* its key has a passphrase/],
    [['-tls-cert', 'CERT', '-tls-key', 'LOCKED'], /flag -tls-key: .* its key has a passphrase/],
  ])('are refused as %j', async (flags, message) => {
    const { cert, key } = pemFiles();
    const locked = execFileSync('openssl', ['pkey', '-aes256', '-passout', 'pass:secret', '-in', key]).toString();
    const places: Record<string, string> = {
      CERT: cert,
      KEY: key,
      OTHER: temporaryFile(resources, 'other.pem', other.key),
      EMPTY: temporaryFile(resources, 'empty.pem', '\n'),
      NONSENSE: temporaryFile(resources, 'nonsense.pem', 'a secret'),
      LOCKED: temporaryFile(resources, 'locked.pem', locked),
    };
    const { exitCode, stderr } = await runLocally('-e', 'https://a.example', ...flags.map((one) => places[one] ?? one));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/secret|BEGIN/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('are named as variables where they are such, and an empty one is none', async () => {
    const environment = { BRP_TLS_CA: '/missing.pem', BRP_TLS_CLIENT_CERT: '' };
    const { exitCode, stderr } = await new LocalCommand(['-e', 'https://a.example'], { environment }).ended;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/: variable BRP_TLS_CA: \/missing\.pem cannot be read: ENOENT/);
  });

  test('leave all as it was when SIGHUP finds bad ones', async () => {
    const { ca } = pemFiles();
    const command = start('-e', await startEndpoint(), '-tls-ca', ca);
    const url = await command.url();
    write(ca, 'nonsense');
    command.signal('SIGHUP');
    expect(await command.line(/cannot reload/)).toMatch(/all stays as it was: flag -tls-ca: expected certificates/);
    expect(await request(url)).toMatchObject({ status: 200 });
  });
});
