import type { RequestListener } from 'node:http';
import tls from 'node:tls';
import { createCertificate } from '../../../../shared/certificate.ts';
import { createTicketKeys } from '../../../../src/cli/config/certificate.ts';
import { parseFlags } from '../../../../src/cli/flags/parse-flags.ts';
import { createClientServer } from '../../../../src/cli/serve/clients/client-server.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { until } from '../../../helpers/until.ts';
import {
  endStream,
  type Frame,
  frameTypes,
  getRequest,
  readFrames,
  unlimitedPreface,
} from '../../../transports/raw-http2.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** Sends a GET over HTTP/2. @returns the frames of the whole response. */
async function framesOf(listener: RequestListener): Promise<readonly Frame[]> {
  const { values } = parseFlags(['-e', 'http://a.example'], {});
  const certificate = { ...(await createCertificate()), ticketKeys: createTicketKeys() };
  const { port } = await resources.listen(createClientServer({ values, certificate }, listener));
  const socket = tls.connect({ host: '127.0.0.1', port, ca: certificate.cert, ALPNProtocols: ['h2'] });
  resources.use({ close: () => socket.destroy() });
  const frames: Frame[] = [];
  readFrames(socket, 0, (frame) => void (frame.stream > 0 && frames.push(frame)));
  socket.write(Buffer.concat([unlimitedPreface(), getRequest(1, '/')]));
  await until(() => frames.some(({ flags }) => (flags & endStream) > 0));
  return frames;
}

function dataIn(frames: readonly Frame[]) {
  const data = frames.filter(({ type }) => type === frameTypes.data);
  return data.map(({ payload, flags }) => ({ bytes: payload.length, isLast: (flags & endStream) > 0 }));
}

describe('the last frame of a response over HTTP/2', () => {
  test('has the last bytes of a body that has a length, so that no client waits for its end', async () => {
    const frames = await framesOf((_, res) => {
      res.setHeader('Content-Length', 5);
      res.end('hello');
    });
    expect(dataIn(frames)).toEqual([{ bytes: 5, isLast: true }]);
  });

  test('comes behind a body that may have trailers', async () => {
    const frames = await framesOf((_, res) => {
      res.write('hello');
      res.addTrailers({ 'X-Sum': '42' });
      res.end();
    });
    expect(dataIn(frames)).toEqual([{ bytes: 5, isLast: false }]);
    expect(frames.at(-1)).toMatchObject({ type: frameTypes.headers });
  });

  test('is the head where there is no body', async () => {
    const frames = await framesOf((_, res) => {
      res.setHeader('Content-Length', 0);
      res.end();
    });
    expect(frames.map(({ type }) => type)).toEqual([frameTypes.headers]);
  });
});
