import { once } from 'node:events';
import { Resources } from '../helpers/proxy.ts';
import { endHeaders, frameOf, frameTypes, getRequest, unlimitedPreface } from '../transports/raw-http2.ts';
import { start } from './command.ts';
import { answerTo, certificateFiles, connectHttp2, connectSecurely, portOf } from './secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A request that its client takes back at once, again and again (CVE-2023-44487). */
const rapidReset = Array.from({ length: 3_000 }, (_, index) => {
  const stream = 2 * index + 1;
  return Buffer.concat([getRequest(stream, '/reset'), frameOf({ type: frameTypes.reset, stream }, Buffer.alloc(4))]);
});

/** A head that never ends (CVE-2024-27983 and its like). */
const endlessHead = [
  frameOf({ type: frameTypes.headers, stream: 1 }, Buffer.from([0x82])),
  ...Array.from({ length: 2_000 }, () =>
    frameOf({ type: frameTypes.continuation, stream: 1 }, Buffer.alloc(1_000, 0x82)),
  ),
];

describe('a client over HTTP/2 loses its connection, and nobody else anything,', () => {
  test.each([
    ['when it sends nonsense', [Buffer.alloc(100_000, 'nonsense')]],
    ['when it sends a body for no request', [frameOf({ type: frameTypes.data, stream: 1 }, Buffer.from('hello'))]],
    [
      'when it sends a head that means nothing',
      [frameOf({ type: frameTypes.headers, stream: 1, flags: endHeaders }, Buffer.alloc(9, 0xff))],
    ],
    ['when it sends a frame that is too large', [frameOf({ type: frameTypes.data, stream: 1 }, Buffer.alloc(100_000))]],
    ['when it sends a head without an end', endlessHead],
    ['when it takes thousands of requests back', rapidReset],
  ])('%s', async (_, sent) => {
    const endpoint = await resources.startSaying('hello');
    const { ca, flags } = await certificateFiles(resources);
    const command = start('-e', endpoint.url, ...flags);
    const port = await portOf(command);
    const good = await connectHttp2(resources, port, ca);
    const bad = await connectSecurely(resources, port, { ca, ALPNProtocols: ['h2'] });
    const closed = once(bad.resume(), 'close');
    bad.write(Buffer.concat([unlimitedPreface(), ...sent]));
    await closed;
    expect(await answerTo(good.request({ ':path': '/' }))).toMatchObject({ status: 200, text: 'hello' });
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
