import { undiciTransport } from '../../src/transports/undici.ts';
import { describeTransport } from './contract.ts';

describeTransport('undiciTransport()', () => undiciTransport());
