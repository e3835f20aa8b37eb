/** Stands for `src/transports/got.ts` where whole suites run over undici: what is the default is decided there alone. */
export {
  type UndiciTransportOptions as GotTransportOptions,
  undiciTransport as gotTransport,
} from '../../src/transports/undici.ts';
