import { gotTransport, nodeTransport, type Transport } from '../../index.ts';
import { CommandError } from '../flags/command-error.ts';
import type { FlagValues } from '../flags/flags.ts';
import { loadWithPeer } from './optional-peer.ts';

/**
 * Makes the transport that the flags name.
 * @throws CommandError with exit code 2 when it is not installed, or in a version that does not work.
 */
export async function createTransport({ transport, http2 }: FlagValues): Promise<Transport> {
  if (transport === 'got') return gotTransport({ http2 });
  if (transport === 'node') return nodeTransport({ http2 });
  const undici = await loadWithPeer(() => import('../../transports/undici.ts'));
  if (!undici) throw new CommandError(2, 'flag -transport: undici is not installed; npm install undici');
  try {
    return undici.undiciTransport({ http2 });
  } catch (error) {
    throw new CommandError(2, `flag -transport: ${(error as Error).message}`);
  }
}
