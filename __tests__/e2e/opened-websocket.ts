import { once } from 'node:events';
import { WebSocket } from 'ws';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { serveUpgrades } from '../helpers/upgrades.ts';

export const resources = leakCheckedResources();

/** Opens a WebSocket, and ends it after the test. */
export async function open(url: string, ...settings: readonly unknown[]): Promise<WebSocket> {
  const [protocols, options] = settings as [string[]?, object?];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chat`, protocols ?? [], options);
  resources.use({ close: () => socket.terminate() });
  await once(socket, 'open');
  return socket;
}

export const serve = async (...settings: Parameters<typeof serveUpgrades>) =>
  resources.use(await serveUpgrades(...settings));
