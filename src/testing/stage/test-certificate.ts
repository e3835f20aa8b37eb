/** A certificate with its private key. */
export interface TestCertificate {
  /** The certificate, PEM. */
  readonly cert: string;
  /** The private key that belongs to it, PEM. */
  readonly key: string;
}

/**
 * A certificate for `localhost` and 127.0.0.1 that signs itself, valid until 2120. FOR TESTS ONLY: everybody has its private key,
 * so that a server that uses it, and a client that trusts it, have no protection at all.
 */
export const testCertificate: TestCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIJaieY8KpcF1yJMAoGCCqGSM49BAMCMC0xEjAQBgNVBAMT
CWxvY2FsaG9zdDEXMBUGA1UEChMOZm9yIHRlc3RzIG9ubHkwIBcNMjAwMTAxMDAw
MDAwWhgPMjEyMDAxMDEwMDAwMDBaMC0xEjAQBgNVBAMTCWxvY2FsaG9zdDEXMBUG
A1UEChMOZm9yIHRlc3RzIG9ubHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR6
DhAs4ljmJTxuupv6vHhO/5c8r1NBAUW6PBS0BnKKRrirpVwoAsU5Uydycr3V+5Z5
D1UQ8rGZkyhphJqNfWuSoywwKjAMBgNVHRMEBTADAQH/MBoGA1UdEQQTMBGCCWxv
Y2FsaG9zdIcEfwAAATAKBggqhkjOPQQDAgNIADBFAiAuolZrfCRBzj1o74Ux0DYU
Vc+f8PQFj+qFtVBsf/VpVQIhALDaIIxZsKjn4utvAWfaAzE46FhfhxrlIo8xJout
sZGs
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFwXh8w93AyEwyMgl
S8mxOMxvBF66CTNPxbhhbOor7bmhRANCAAR6DhAs4ljmJTxuupv6vHhO/5c8r1NB
AUW6PBS0BnKKRrirpVwoAsU5Uydycr3V+5Z5D1UQ8rGZkyhphJqNfWuS
-----END PRIVATE KEY-----
`,
};
