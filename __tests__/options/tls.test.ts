import { createPrivateKey } from 'node:crypto';
import { createCertificate } from '../../shared/certificate.ts';
import type { TlsOptions } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { problemWith } from './problems.ts';

const { cert, key } = await createCertificate();
const other = await createCertificate();
const truncated = cert.slice(0, cert.length / 2);
const locked = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });

describe('the option tls takes', () => {
  test.each<[string, TlsOptions]>([
    ['a bundle of authorities with comments between', { ca: `one\n${cert}\ntwo\n${other.cert}` }],
    ['authorities as a Uint8Array', { ca: Uint8Array.from(Buffer.from(cert)) as Buffer }],
    ['a file with the line ends of Windows', { ca: cert.replaceAll('\n', '\r\n') }],
    ['a certificate with those that signed it', { cert: `${cert}\n${other.cert}`, key }],
    ['a certificate and its key as Buffers', { cert: Buffer.from(cert), key: Buffer.from(key) }],
    ['a key with its passphrase', { cert, key: locked, passphrase: 'x' }],
    ['old versions alone', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }],
    ['versions', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
    ['ciphers', { ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256' }],
    ['a server name', { servername: 'api.internal' }],
    ['a server name of one label', { servername: 'localhost' }],
    ['a certificate and its key in one file', { cert: `${cert}\n${key}`, key: `${cert}\n${key}` }],
  ])('%s', (_, tls) => {
    expect(resolveOptions({ endpoints: ['https://one.example'], tls }).tls).toMatchObject(tls);
  });
});

describe('the option tls refuses, instead of failing with every endpoint,', () => {
  const pair = 'expected a certificate in PEM, with its key in `tls.key`, but OpenSSL says:';
  const ciphers = 'expected names of ciphers with colons between';
  const broken = 'cannot be read: bad end line';

  test.each<[string, object, string]>([
    ['an authority that is no PEM', { ca: 'pem' }, '`tls.ca`: expected certificates in PEM, got something else'],
    ['a key in the place of authorities', { ca: key }, '`tls.ca`: expected certificates in PEM, got something else'],
    ['an empty authority', { ca: '' }, '`tls.ca`: expected certificates in PEM, got something else'],
    [
      'a list with a hole',
      { ca: new Array(1) },
      '`tls.ca`: expected a PEM string, a Buffer or an array of these, got [object Array]',
    ],
    [
      'a list of lists',
      { ca: [[cert]] },
      '`tls.ca`: expected a PEM string, a Buffer or an array of these, got [object Array]',
    ],
    ['an empty list of authorities', { ca: [] }, '`tls.ca`: expected certificates in PEM, got none'],
    [
      'an authority that is cut off',
      { ca: truncated },
      `\`tls.ca\`: expected certificates in PEM, but number 1 ${broken}`,
    ],
    [
      'a bundle that is cut off',
      { ca: cert + truncated },
      `\`tls.ca\`: expected certificates in PEM, but number 2 ${broken}`,
    ],
    [
      'one good and one bad authority',
      { ca: [cert, Buffer.from('')] },
      '`tls.ca`: expected certificates in PEM, got something else',
    ],
    ...['', 'api.internal.', '10.0.0.1', '::1', 'a b', 'api.internal:443', 'a'.repeat(254)].map(
      (servername): [string, object, string] => [
        `the server name ${servername.slice(0, 20)}`,
        { servername },
        `\`tls.servername\`: expected a host name such as 'api.internal', without a final dot, got '${servername.slice(0, 200)}'${servername.length > 200 ? '... 54 more characters' : ''}`,
      ],
    ),
    ['a certificate that is cut off', { cert: truncated, key }, `\`tls.cert\`: ${pair} bad end line`],
    ['a key of another certificate', { cert, key: other.key }, `\`tls.cert\`: ${pair} key values mismatch`],
    ['a key that is cut off', { cert, key: key.slice(0, 200) }, `\`tls.cert\`: ${pair} unsupported`],
    ['a wrong passphrase', { cert, key: locked, passphrase: 'y' }, `\`tls.cert\`: ${pair} bad decrypt`],
    [
      'a passphrase that is no text',
      { passphrase: 7 },
      '`tls.passphrase`: expected a string, got a value of type number',
    ],
    [
      'ciphers that nobody knows',
      { ciphers: 'best' },
      `\`tls.ciphers\`: ${ciphers}, but OpenSSL says: no cipher match`,
    ],
    ['no ciphers', { ciphers: '' }, `\`tls.ciphers\`: ${ciphers}, got ''`],
    [
      'a version that does not exist',
      { minVersion: '1.2' },
      "`tls.minVersion`: expected one of 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', got '1.2'",
    ],
    [
      'versions of which none is left',
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' },
      "`tls.minVersion`: expected at most `tls.maxVersion`, 'TLSv1.2', got 'TLSv1.3'",
    ],
    [
      "a newest version that is older than Node's own oldest",
      { maxVersion: 'TLSv1.1' },
      "`tls.maxVersion`: expected at least Node's own `minVersion`, 'TLSv1.2', got 'TLSv1.1'",
    ],
    ['a certificate without a key', { cert }, '`tls.key`: expected the key that belongs to `tls.cert`, got none'],
    ['an empty key', { cert, key: '' }, '`tls.key`: expected the key that belongs to `tls.cert`, got none'],
    ['an empty list of keys', { cert, key: [] }, '`tls.key`: expected the key that belongs to `tls.cert`, got none'],
    [
      'a key without a certificate',
      { key },
      '`tls.cert`: expected the certificate that belongs to `tls.key`, got none',
    ],
  ])('%s', (_, tls, problem) => {
    expect(problemWith('tls', tls)).toBe(`option ${problem}`);
  });

  test('a key that wants a passphrase', () => {
    expect(problemWith('tls', { cert, key: locked })).toMatch(/^option `tls\.cert`: .* OpenSSL says: .*/);
  });

  test('without showing any of it', () => {
    for (const tls of [
      { ca: key },
      { cert: truncated, key },
      { cert, key: other.key },
      { cert, key: key.slice(0, 200) },
    ]) {
      expect(problemWith('tls', tls)).not.toContain(key.split('\n')[1]);
    }
  });
});
