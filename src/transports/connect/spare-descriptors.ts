import type { Descriptors } from '../../support/descriptors.ts';

/** Which file descriptors connections to endpoints leave alone. */
interface SpareDescriptors {
  /** Those of the process. */
  readonly descriptors: Descriptors;
  /** How many stay free; 0 keeps none back. */
  readonly count: number;
  /** Is told of each connection for which there was none. */
  readonly onLack: () => void;
}

let spare: SpareDescriptors | undefined;

/** Sockets that were granted a file descriptor in this turn of the event loop: they take it a little later. */
let granted = 0;

const forget = (): void => {
  granted = 0;
};

/**
 * Keeps the last file descriptors of the process from connections to endpoints, from now on: so a server of the same process that
 * tells how it does can still be asked when requests have taken all others.
 */
export function spareDescriptors(settings: SpareDescriptors): void {
  spare = settings.count > 0 ? settings : undefined;
}

/** The error of a connection for which there is no file descriptor; undefined when there is one. */
export function lackOfDescriptor(): Error | undefined {
  if (!spare) return undefined;
  if (spare.descriptors.areDownTo(spare.count + granted)) {
    spare.onLack();
    return Object.assign(new Error('connect EMFILE: the last file descriptors are kept back'), { code: 'EMFILE' });
  }
  if (granted++ === 0) setImmediate(forget);
  return undefined;
}
