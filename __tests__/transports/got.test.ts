import { gotTransport } from '../../src/index.ts';
import { describeTransport } from './contract.ts';

describeTransport('gotTransport()', () => gotTransport());
