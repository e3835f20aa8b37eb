import { once } from 'node:events';
import http from 'node:http';
import { Resources } from '../../../helpers/proxy.ts';
import { answering } from '../../../helpers/servers.ts';
import { until } from '../../../helpers/until.ts';
import { startLocally } from '../../command.ts';
import { answerTo, certificateFiles, connectHttp2, portOf } from '../../secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A client that speaks HTTP/2 with a command. */
async function connectTo(endpoint: { readonly url: string }, ...flags: readonly string[]) {
  const { ca, flags: certificate } = await certificateFiles(resources);
  const command = startLocally('-e', endpoint.url, '-shutdown-timeout', '1ms', ...certificate, ...flags);
  const port = await portOf(command);
  return { command, connect: () => connectHttp2(resources, port, ca) };
}

describe('over HTTP/2', () => {
  test('-max-requests answers 503 to streams above it, uploads among them, and serves again', async () => {
    const endpoint = await resources.startHeld();
    const { connect } = await connectTo(endpoint, '-max-requests', '2');
    const session = await connect();
    const waiting = [1, 2].map(() => answerTo(session.request()));
    await until(() => endpoint.held.length, 2);
    const upload = session.request({ ':method': 'POST' }).on('error', () => {});
    upload.write('begin');
    expect((await once(upload, 'response'))[0]).toMatchObject({ ':status': 503 });
    const { status, headers, text } = await answerTo(session.request());
    expect([status, headers['retry-after'], text]).toEqual([503, '1', '503 too many requests are under way\n']);
    for (const res of endpoint.held) res.end('done');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    const next = answerTo(session.request());
    await until(() => endpoint.held.length, 3);
    endpoint.held[2]?.end('done');
    expect((await next).status).toBe(200);
  });

  test('-max-connections closes connections above it', async () => {
    const { connect } = await connectTo(await resources.startSaying('hello'), '-max-connections', '1');
    const first = await connect();
    await expect(connect()).rejects.toThrow();
    first.destroy();
    await until(
      () =>
        connect().then(
          () => 'connected',
          () => 'refused',
        ),
      'connected',
    );
  });

  test.each([
    ['16KiB by default', [], 17_000, 431],
    ['more', ['-max-header-size', '32KiB'], 17_000, 200],
    ['less', ['-max-header-size', '2KiB'], 3_000, 431],
  ])('-max-header-size may be %s', async (_, flags, bytes, expected) => {
    const endpoint = await resources.listen(http.createServer({ maxHeaderSize: 65_536 }, answering(200, 'hello')));
    const { connect } = await connectTo(endpoint, ...flags);
    const session = await connect();
    const statusOf = async (headers: object) => (await answerTo(session.request({ ':path': '/', ...headers }))).status;
    expect(await statusOf({ x: 'x'.repeat(bytes) })).toBe(expected);
    expect(await statusOf({})).toBe(200);
  });

  test('a request may have as many fields as over HTTP/1.1', async () => {
    const { connect } = await connectTo(await resources.startSaying('hello'));
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'y']));
    expect((await answerTo((await connect()).request({ ':path': '/', ...many }))).status).toBe(200);
  });

  test('-client-write-timeout costs a client the stream that it does not read, and no other', async () => {
    const endpoint = await resources.start(({ url }, res) => {
      if (url === '/small') return void res.end('small');
      const write = (): void => {
        while (res.write(Buffer.alloc(65_536)));
      };
      res.on('drain', write);
      write();
    });
    const { connect, command } = await connectTo(endpoint, '-client-write-timeout', '300ms');
    const session = await connect();
    const unread = session.request({ ':path': '/endless' }).on('error', () => {});
    unread.pause();
    await command.line(/unread for 300 ms/);
    await until(
      () => unread.rstCode,
      (code) => Boolean(code),
    );
    expect((await answerTo(session.request({ ':path': '/small' }))).text).toBe('small');
  });
});
