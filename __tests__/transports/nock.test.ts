import { text } from 'node:stream/consumers';
import { gotTransport, nodeTransport, type UpstreamRequest } from '../../src/index.ts';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { answering } from '../helpers/servers.ts';

// Each puts its own in the place of node:http as soon as it is loaded.
describe.each([
  ['nock 13', async () => (await import('nock13')).default],
  ['nock 14', async () => (await import('nock')).default],
])('%s', (_, load) => {
  const resources = leakCheckedResources();
  let nock: Awaited<ReturnType<typeof load>>;
  beforeAll(async () => {
    nock = await load();
    if (!nock.isActive()) nock.activate();
  });
  afterEach(() => nock.cleanAll());
  afterAll(() => nock.restore());

  describe.each([
    ['gotTransport()', gotTransport],
    ['nodeTransport()', nodeTransport],
  ])('over %s', (_, create) => {
    const send = async (url: string, more: Partial<UpstreamRequest> = {}) => {
      const transport = resources.use(create());
      const { status, headers, body } = await transport.send(upstreamRequest(url, more), new AbortController().signal);
      return { status, headers, text: await text(body) };
    };

    describe.each(['http://one.example', 'https://one.example'])('stands in for %s', (origin) => {
      test.each([{}, { freshConnection: true }])(
        'with its answer, whose headers keep case and order: %j',
        async (more) => {
          nock(origin).get('/x').reply(200, 'mocked', ['X-b', '1', 'X-a', '2']);
          expect(await send(origin, { target: '/x', ...more })).toEqual({
            status: 200,
            headers: ['X-b', '1', 'X-a', '2'],
            text: 'mocked',
          });
        },
      );

      test('and sees method, target, headers and body', async () => {
        const headers = ['Host', 'one.example', 'X-Twice', '1', 'X-One', '2', 'x-twice', '3', 'Content-Length', '5'];
        const reqheaders = {
          'x-one': '2',
          'x-twice': (value: string | string[]) => /^1, ?3$/.test([value].flat().join()),
        };
        nock(origin, { reqheaders }).put('/x?y=%2F', 'hello').reply(201, 'made');
        const request = { method: 'PUT', target: '/x?y=%2F', headers, body: Buffer.from('hello') };
        expect(await send(origin, request)).toMatchObject({ status: 201, text: 'made' });
      });

      test('as for a method that node:http would frame', async () => {
        nock(origin).post('/').reply(200, 'mocked');
        expect(await send(origin, { method: 'POST' })).toMatchObject({ status: 200, text: 'mocked' });
      });

      test('with its error', async () => {
        nock(origin).get('/').replyWithError('broken on purpose');
        await expect(send(origin)).rejects.toThrow('broken on purpose');
      });
    });

    test.each(['127.0.0.1', 'localhost'])('lets requests for what it does not know through to %s', async (host) => {
      const server = await resources.start(answering(200, 'real'));
      expect(await send(`http://${host}:${server.port}`)).toMatchObject({ status: 200, text: 'real' });
    });

    test('forbids them when it is told to', async () => {
      nock.disableNetConnect();
      await expect(send('http://other.example')).rejects.toThrow('Disallowed net connect');
      nock.enableNetConnect();
    });
  });
});
