import '../support/refuse-old-node.ts';

/** For those who write a transport, or test what stands around a proxy: `balancing-reverse-proxy/testing`. */
export { type FakeAnswer, type FakeResponse, type FakeTransport, fakeTransport } from './fake-transport.ts';
export { type TestCertificate, testCertificate } from './stage/test-certificate.ts';
export { type UpstreamRequestParts, upstreamRequest } from './stage/upstream-request.ts';
export {
  type ContractProtocol,
  type TransportCase,
  type TransportContractOptions,
  transportContract,
} from './transport-contract.ts';
