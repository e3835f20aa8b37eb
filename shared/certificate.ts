import { generate } from 'selfsigned';

/** The time for which a certificate is valid. */
interface Period {
  readonly notBeforeDate?: Date;
  readonly notAfterDate?: Date;
}

/** A certificate for a host name and 127.0.0.1 that signs itself, and its key; PEM. @param period a year from now by default. */
export async function createCertificate(
  name = 'localhost',
  period: Period = {},
): Promise<{ readonly cert: string; readonly key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    ...period,
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { cert, key };
}
