import { gotTransport } from '../../src/index.ts';
import { Resources } from '../helpers/proxy.ts';
import { startTcp } from '../helpers/servers.ts';
import { describeTransport, requestTo } from './contract.ts';

describeTransport('gotTransport()', () => gotTransport());

describe('gotTransport()', () => {
  const resources = new Resources();
  afterEach(() => resources.closeAll());

  test('sends the whole head as it is, `Host` included, with `Connection` behind it', async () => {
    const received = Promise.withResolvers<string>();
    const server = resources.use(
      await startTcp((socket) => socket.once('data', (bytes) => received.resolve(bytes.toString('latin1')))),
    );
    const transport = resources.use(gotTransport());
    const headers = ['X-First', '1', 'hOST', 'h', 'cONTENT-Length', '2'];
    const sending = transport.send(
      requestTo(server.url, { method: 'POST', headers, body: Buffer.from('ok') }),
      new AbortController().signal,
    );
    sending.catch(() => {});
    expect(await received.promise).toBe(
      'POST / HTTP/1.1\r\nX-First: 1\r\nhOST: h\r\ncONTENT-Length: 2\r\nConnection: keep-alive\r\n\r\nok',
    );
  });
});
