import { nodeTransport } from '../../src/index.ts';
import { describeTransport } from './contract.ts';

describeTransport('nodeTransport()', () => nodeTransport());
