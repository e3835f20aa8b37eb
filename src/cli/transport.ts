import { gotTransport, type Transport } from '../index.ts';
import { CommandError } from './command-error.ts';
import type { FlagValues } from './flags.ts';

/**
 * The transport that the flags name.
 * @throws CommandError with exit code 2 when it is not installed.
 */
export async function createTransport({ transport, http2 }: FlagValues): Promise<Transport> {
  if (transport === 'got') return gotTransport({ http2 });
  const { undiciTransport } = await loadUndici();
  return undiciTransport({ http2 });
}

/** undici is an optional peer, so it is loaded only when somebody asks for it. */
async function loadUndici(): Promise<typeof import('../transports/undici.ts')> {
  try {
    return await import('../transports/undici.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandError(2, 'flag -transport: undici is not installed; npm install undici');
  }
}
