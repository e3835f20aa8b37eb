/**
 * Loads a module that needs an optional peer. Only somebody who asks for its feature needs the peer.
 * @returns undefined when the peer is not installed.
 */
export async function loadWithPeer<Module>(load: () => Promise<Module>): Promise<Module | undefined> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}
