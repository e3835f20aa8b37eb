/** Stands for `src/transports/got.ts` where whole suites run over node:http itself: what is the default is decided there alone. */
export {
  type NodeTransportOptions as GotTransportOptions,
  nodeTransport as gotTransport,
} from '../../src/transports/node.ts';
