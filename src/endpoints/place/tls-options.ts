/** Certificates for https endpoints, as in node:tls. */
export interface TlsOptions {
  /**
   * Authorities to trust instead of Node's own, PEM.
   * @default Node's own
   */
  readonly ca?: string | Buffer | ReadonlyArray<string | Buffer> | undefined;
  /**
   * Our certificate for endpoints that ask for one, PEM.
   * @default none
   */
  readonly cert?: string | Buffer | ReadonlyArray<string | Buffer> | undefined;
  /**
   * The private key that belongs to `cert`, PEM.
   * @default none
   */
  readonly key?: string | Buffer | ReadonlyArray<string | Buffer> | undefined;
  /**
   * Passphrase of `key`, where it has one.
   * @default none
   */
  readonly passphrase?: string | undefined;
  /**
   * Check the certificates of endpoints; `false` accepts any, for tests only.
   * @default true
   */
  readonly rejectUnauthorized?: boolean | undefined;
  /**
   * Host name to ask for in the handshake (SNI), and for which the certificate has to be. `Host` stays that of the URL.
   * @default the host name of the URL
   */
  readonly servername?: string | undefined;
  /**
   * Ciphers to offer, best first, as OpenSSL names them: `'ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256'`.
   * @default Node's own
   */
  readonly ciphers?: string | undefined;
  /**
   * Oldest version to offer.
   * @default Node's own
   */
  readonly minVersion?: TlsVersion | undefined;
  /**
   * Newest version to offer.
   * @default Node's own
   */
  readonly maxVersion?: TlsVersion | undefined;
}

/** The versions of TLS, from the oldest to the newest. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** A version of TLS, as node:tls names it. */
export type TlsVersion = (typeof tlsVersions)[number];
