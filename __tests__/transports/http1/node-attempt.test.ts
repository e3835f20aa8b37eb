import type { IncomingMessage } from 'node:http';
import { upstreamRequest } from '../../../src/testing/testing.ts';
import { NodeAttempt, type Passage } from '../../../src/transports/http1/node-attempt.ts';
import { Resources } from '../../helpers/proxy.ts';
import { startTcp } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';

describe('NodeAttempt', () => {
  const resources = new Resources();
  afterEach(() => resources.closeAll());

  test('gives all of a body that has come in several parts before anybody asked for it', async () => {
    const server = await startTcp((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst'));
    });
    resources.use(server);
    const untilWhole: Passage = async (_, respond) => {
      const response: IncomingMessage = await respond();
      await until(() => response.readableLength, 5);
      for (const socket of server.sockets) socket.write('later');
      await until(() => response.complete);
      return response;
    };
    const response = await new NodeAttempt(upstreamRequest(server.url)).send(new AbortController().signal, untilWhole);
    expect(response.takeWhole?.()?.toString()).toBe('firstlater');
  });
});
