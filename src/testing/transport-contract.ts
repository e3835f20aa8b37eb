import { resultWithin } from '../support/timer.ts';
import type { Transport } from '../transports/message/transport.ts';
import { addressCases } from './contract/addresses.ts';
import { cancelCases } from './contract/cancelling.ts';
import { certificateCases } from './contract/certificates.ts';
import { connectionCases } from './contract/connections.ts';
import { endingCases } from './contract/endings.ts';
import { requestCases } from './contract/requests.ts';
import { responseCases } from './contract/responses.ts';
import { serverNameCases } from './contract/server-names.ts';
import type { ContractCase } from './stage/contract-case.ts';
import { type ContractProtocol, Stage } from './stage/stage.ts';
import { type TestCertificate, testCertificate } from './stage/test-certificate.ts';

export type { ContractProtocol } from './stage/stage.ts';

/** How {@link transportContract} plays. */
export interface TransportContractOptions {
  /**
   * Protocol that the endpoints speak: `'h2'` leaves out all cases about the bytes of HTTP/1.1.
   * @default 'http/1.1'
   */
  readonly protocol?: ContractProtocol | undefined;
  /**
   * Certificate of the https endpoints, for `localhost` and 127.0.0.1 and no other name. A certificate that signs itself, since it is
   * told to the transport as `tls.ca`.
   * @default testCertificate
   */
  readonly certificate?: TestCertificate | undefined;
  /**
   * Milliseconds after which a case has failed.
   * @default 25_000
   */
  readonly caseTimeoutMs?: number | undefined;
}

/** One thing that a transport has to do, as a test for any test runner. */
export interface TransportCase {
  /**
   * The part of the contract that the case belongs to: `'requests'`, `'responses'`, `'connections'`, `'cancelling'`, `'addresses'`
   * or `'certificates'`.
   */
  readonly topic: string;
  /** A sentence in the present tense whose subject is the transport; no two of a contract are the same. */
  readonly name: string;
  /**
   * Starts endpoints on 127.0.0.1, tries a new transport with them, and closes both; rejects where the transport does something
   * else.
   */
  run(): Promise<void>;
}

const topics: Readonly<Record<string, readonly ContractCase[]>> = {
  requests: requestCases,
  responses: [...responseCases, ...endingCases],
  connections: connectionCases,
  cancelling: cancelCases,
  addresses: addressCases,
  certificates: [...certificateCases, ...serverNameCases],
};

/**
 * The contract of transports, on which the proxy relies, as cases that need Node alone: `for (const { name, run } of
 * transportContract(create)) test(name, run)`. A transport that cannot pass a case leaves it out by its name or topic.
 * @param createTransport makes a new transport for each case, at whose end it is closed.
 */
export function transportContract(
  createTransport: () => Transport,
  options: TransportContractOptions = {},
): readonly TransportCase[] {
  const isAsked = ({ isForHttp1 = true, isForHttp2 = false }: ContractCase) =>
    options.protocol === 'h2' ? isForHttp2 : isForHttp1;
  return Object.entries(topics).flatMap(([topic, cases]) =>
    cases.filter(isAsked).map((one) => ({ topic, name: one.name, run: () => play(one, createTransport(), options) })),
  );
}

async function play(one: ContractCase, transport: Transport, options: TransportContractOptions): Promise<void> {
  const { protocol = 'http/1.1', certificate = testCertificate, caseTimeoutMs = 25_000 } = options;
  const stage = new Stage(transport, certificate, protocol);
  try {
    const isDone = await resultWithin(caseTimeoutMs, async () => {
      await one.play(stage);
      return true;
    });
    if (!isDone) throw new Error(`not done within ${caseTimeoutMs} ms: ${one.name}`);
  } finally {
    await stage.closeAll();
  }
}
