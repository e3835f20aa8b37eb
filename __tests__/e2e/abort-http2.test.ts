import http2 from 'node:http2';
import { createBalancingProxy, type ProxyEvent } from '../../src/index.ts';
import { type Frame, frames } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { hanging } from '../helpers/servers.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const http2Frame = frames.find(({ name }) => name === 'node:http2') as Frame;

describe('a client of HTTP/2 that goes away while the endpoint is silent', () => {
  test.each(['GET', 'HEAD', 'POST'])('has its %s cancelled', async (method) => {
    const endpoint = await resources.start(hanging);
    const proxy = resources.use(
      createBalancingProxy({ endpoints: [endpoint.url], timeouts: { responseMs: Infinity } }),
    );
    const events: ProxyEvent[] = [];
    proxy.subscribe((event) => events.push(event));
    const { url } = resources.use(await http2Frame.start({ mounts: { '/': proxy } }));
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const stream = session.request({ ':path': '/', ':method': method }).on('error', () => {});
    stream.end();
    await until(() => endpoint.sockets.size, 1);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => events.map(({ type }) => type), including('request-ended'));
    expect(events.at(-1)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' } });
    await endpoint.idle();
  });
});
