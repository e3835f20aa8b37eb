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
   * The private key that belongs to `cert`, PEM without a passphrase.
   * @default none
   */
  readonly key?: string | Buffer | ReadonlyArray<string | Buffer> | undefined;
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
}
