import { nodeTransport } from '../../../src/index.ts';
import { undiciTransport } from '../../../src/transports/undici.ts';
import { describeTransport } from '../contract.ts';

describe.each([
  ['nodeTransport({ http2: true })', () => nodeTransport({ http2: true })],
  ['undiciTransport({ http2: true })', () => undiciTransport({ http2: true })],
])('%s', (_, create) => {
  describeTransport('with endpoints that do not offer HTTP/2', create);
  describeTransport('with endpoints that do', create, { protocol: 'h2' });
});
