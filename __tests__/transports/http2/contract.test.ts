import { nodeTransport } from '../../../src/index.ts';
import { describeTransport } from '../contract.ts';

const create = () => nodeTransport({ http2: true });

describeTransport('a transport that prefers HTTP/2', create);
describeTransport('a transport that prefers HTTP/2, with endpoints that offer it', create, { protocol: 'h2' });
