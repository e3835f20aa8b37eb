import { BalancingProxyError } from '../errors.ts';
import { problemWithNode } from './needed-node.ts';

// The first import of every public file: an old Node would fail later, at the first function that it does not have, and without a word
// about why. Runtimes other than Node claim to be one of its versions, or none.
const problem = problemWithNode(globalThis.process?.versions?.node);
if (problem) throw new BalancingProxyError('ERR_BRP_NODE', `balancing-reverse-proxy ${problem}`);
