import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import { Resources, readAll } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { startLocally } from './command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A client that leaves its connections open, as load balancers do. */
async function ask(...flags: readonly string[]) {
  const endpoint = await resources.start(answering(200, 'hello'));
  const command = startLocally('-endpoints', endpoint.url, ...flags);
  const agent = new http.Agent({ keepAlive: true });
  resources.use({ close: () => agent.destroy() });
  // By default the agent closes the connection itself, a second before the time that the response tells.
  agent.keepSocketAlive = () => true;
  const sent = http.get(await command.url(), { agent });
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  await readAll(response);
  return { announced: response.headers['keep-alive'], socket: sent.socket as Socket };
}

describe('a connection of a client that is idle', () => {
  test.each([
    ['stays open longer than load balancers keep theirs, so that none is closed as they reuse it', [], 'timeout=65'],
    ['stays open for -keep-alive-timeout', ['-keep-alive-timeout', '2m'], 'timeout=120'],
    ['stays open without a limit', ['-keep-alive-timeout', '0'], undefined],
    ['stays open without a limit for a time that no timer can keep', ['-keep-alive-timeout', '10000h'], undefined],
  ])('%s', async (_, flags, announced) => {
    expect((await ask(...flags)).announced).toBe(announced);
  });

  test('is closed then', async () => {
    const { socket } = await ask('-keep-alive-timeout', '10ms');
    if (!socket.closed) await once(socket, 'close');
    expect(socket.closed).toBe(true);
  });
});
