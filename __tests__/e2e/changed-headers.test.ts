import http, { type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http';
import helmet from 'helmet';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { type Frame, frames, type Middleware, type SendSettings, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';
import { answering } from '../helpers/servers.ts';
import { connectRaw, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

/** An endpoint that answers with what it was asked, in JSON. */
const telling: RequestListener = (req, res) => answering(200, JSON.stringify(req.headers))(req, res);

const change =
  (make: (req: IncomingMessage) => unknown): Middleware =>
  (req, _res, next) => {
    make(req);
    next?.();
  };

/** Says who the client is, and lets it say nothing of that itself. */
const login = change(({ headers }) => {
  delete headers['x-user'];
  delete headers['x-groups'];
  if (headers.authorization === 'Bearer of-bob') headers['x-user'] = 'bob';
  delete headers.authorization;
});

/** Keeps the session to itself. */
const withoutSession = change(({ headers }) => {
  const kept = headers.cookie?.split('; ').filter((cookie) => !cookie.startsWith('session='));
  headers.cookie = kept?.join('; ');
});

const language = change(({ headers, url }) => {
  headers['accept-language'] = new URL(url ?? '/', 'http://any').searchParams.get('lang') ?? 'en';
});

/** Helmet, which changes responses only, and the others. */
const middleware: readonly Middleware[] = [helmet() as Middleware, login, withoutSession, language];

/** One middleware after the other, and then the proxy. */
function chained(handlers: readonly Middleware[], proxy: Middleware): Middleware {
  return handlers.reduceRight<Middleware>((next, handler) => {
    return (req, res, last) => handler(req, res, () => next(req, res, last));
  }, proxy);
}

describe.each(frames)('middleware before the proxy in $name', (frame) => {
  async function forwarded(settings: SendSettings, options: Partial<BalancingProxyOptions> = {}) {
    const endpoint = await resources.start(telling);
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], ...options }));
    const { url } = resources.use(await frame.start({ mounts: { '/': chained(middleware, proxy) } }));
    const answer = await frame.send(`${url}/?lang=fr`, settings).answer;
    return { headers: JSON.parse(await textOf(answer)) as IncomingHttpHeaders, answer };
  }

  test('says who asks, and keeps what is its own', async () => {
    const headers = {
      Authorization: 'Bearer of-bob',
      'X-User': 'admin',
      'X-Groups': ['admins', 'owners'],
      Cookie: 'a=1; session=secret; b=2',
      'Accept-Language': 'de',
      'X-Untouched': ['yes', 'indeed'],
    };
    const got = await forwarded({ headers });
    expect(got.headers).toMatchObject({
      'x-user': 'bob',
      cookie: 'a=1; b=2',
      'accept-language': 'fr',
      'x-untouched': 'yes, indeed',
    });
    for (const name of ['authorization', 'x-groups']) expect(got.headers).not.toHaveProperty(name);
    expect(got.answer.headers).toHaveProperty('x-content-type-options', 'nosniff');
  });

  test('lets nobody in who claims to be somebody', async () => {
    const { headers } = await forwarded({ method: 'POST', headers: { 'X-User': 'admin' }, body: 'body' });
    expect(headers).not.toHaveProperty('x-user');
  });

  test('cannot be undone by a `Connection` that names what it sets', async () => {
    // HTTP/2 has no such header.
    const hop = isHttp2(frame) ? {} : { Connection: 'close, X-User, Accept-Language' };
    const { headers } = await forwarded({ headers: { ...hop, Authorization: 'Bearer of-bob' } });
    expect(headers).toMatchObject({ 'x-user': 'bob', 'accept-language': 'fr' });
  });
});

const deleteAllBut = (kept: string) => (headers: IncomingHttpHeaders) => {
  for (const name of Object.keys(headers)) if (name !== kept) delete headers[name];
};

function isHttp2({ name }: Frame): boolean {
  return name.includes('http2');
}

describe('what middleware makes of', () => {
  /** What the endpoint gets, byte for byte, of a request that a middleware has changed. */
  async function forwarded(
    make: (req: IncomingMessage) => unknown,
    bytes: string,
    options: Partial<BalancingProxyOptions> = {},
  ) {
    const endpoint = resources.use(await startRaw(`${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`));
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...options }, (proxy) =>
      chained([change(make)], proxy),
    );
    const { text } = await sendRaw(url, bytes);
    const [got] = endpoint.requests;
    return { text, got, one: (name: string) => valuesIn(got?.headers ?? [], name) };
  }
  const post = (...headers: string[]) => head('POST / HTTP/1.1', 'Host: client', ...headers, 'Connection: close');

  test('one header leaves the others as they came', async () => {
    const lines = ['X-ONE: 1', 'x-two: a', 'Accept: text/plain', 'X-Two: b', 'ACCEPT: */*'];
    const { got } = await forwarded(
      ({ headers }) => Object.assign(headers, { 'x-one': '2' }),
      head('GET / HTTP/1.1', 'Host: client', ...lines, 'Connection: close'),
    );
    expect(got?.headers.slice(1, 6)).toEqual(['X-ONE: 2', 'x-two: a', 'Accept: text/plain', 'X-Two: b', 'ACCEPT: */*']);
  });

  test.each<[string, (headers: IncomingHttpHeaders) => unknown]>([
    ['another `Content-Length`', (headers) => Object.assign(headers, { 'content-length': '1' })],
    ['a larger `Content-Length`', (headers) => Object.assign(headers, { 'content-length': '100' })],
    ['no `Content-Length`', (headers) => delete headers['content-length']],
    ['a `Transfer-Encoding`', (headers) => Object.assign(headers, { 'transfer-encoding': 'gzip, chunked' })],
    ['`Connection`', (headers) => Object.assign(headers, { connection: 'upgrade, content-length, x-kept' })],
    ['`Upgrade`', (headers) => Object.assign(headers, { upgrade: 'websocket' })],
    ['`Expect`', (headers) => Object.assign(headers, { expect: '100-continue' })],
    ['`Trailer`', (headers) => Object.assign(headers, { trailer: 'X-T' })],
    ['`TE`', (headers) => Object.assign(headers, { te: 'trailers' })],
    ['other headers altogether', deleteAllBut('x-kept')],
  ])('framing is not heard: %s', async (_, make) => {
    for (const options of [{}, { largeBody: 'stream', bodyLimitBytes: 1 } as const]) {
      const { got, one } = await forwarded(
        ({ headers }) => make(headers),
        `${post('Content-Length: 4', 'X-Kept: yes')}body`,
        options,
      );
      expect([got?.body, one('content-length'), one('x-kept')]).toEqual(['body', ['4'], ['yes']]);
      for (const name of ['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te']) expect(one(name)).toEqual([]);
    }
  });

  test('framing of chunks is not heard', async () => {
    const bytes = `${post('Transfer-Encoding: chunked')}4\r\nbody\r\n0\r\n\r\n`;
    const { got, one } = await forwarded(({ headers }) => delete headers['transfer-encoding'], bytes);
    expect([got?.body, one('content-length')]).toEqual(['body', ['4']]);
  });

  test('a `Connection` that it takes away still names what belongs to one connection', async () => {
    const bytes = head('GET / HTTP/1.1', 'Host: client', 'X-Hop: 1', 'X-Kept: 2', 'Connection: close, x-hop');
    const { one } = await forwarded(({ headers }) => delete headers.connection, bytes);
    expect([one('x-hop'), one('x-kept')]).toEqual([[], ['2']]);
  });

  test('`Host` is what `preserveHost` and X-Forwarded-Host say', async () => {
    const { one } = await forwarded(({ headers }) => Object.assign(headers, { host: 'other.example:81' }), post(), {
      preserveHost: true,
    });
    expect([one('host'), one('x-forwarded-host'), one('x-forwarded-port')]).toEqual([
      ['other.example:81'],
      ['other.example:81'],
      ['81'],
    ]);
  });

  test.each([true, false])('X-Forwarded-* is believed whoever the client is: trusted %s', async (trustForwarded) => {
    const bytes = post('X-Forwarded-Proto: https', 'X-Forwarded-Host: spoofed', 'Forwarded: for=6.6.6.6');
    const { one } = await forwarded(
      ({ headers }) => {
        delete headers['x-forwarded-host'];
        delete headers.forwarded;
        headers['x-forwarded-proto'] = 'wss';
      },
      bytes,
      { trustForwarded },
    );
    expect([one('x-forwarded-host'), one('x-forwarded-proto'), one('forwarded')]).toEqual([['client'], ['wss'], []]);
  });

  test('a header stays although `Connection` names it and the client has sent the same', async () => {
    const bytes = head('GET / HTTP/1.1', 'Host: client', 'X-User: bob', 'Connection: close, x-user', 'X-Last: 1');
    const { one } = await forwarded(({ headers }) => {
      delete headers['x-user'];
      headers['x-user'] = 'bob';
    }, bytes);
    expect([one('x-user'), one('x-last')]).toEqual([['bob'], ['1']]);
  });

  test('`Via` does not hide a loop', async () => {
    const bytes = post('Via: 1.1 us');
    const { text, got } = await forwarded(({ headers }) => delete headers.via, bytes, { via: 'us' });
    expect([text.startsWith('HTTP/1.1 508 '), got]).toEqual([true, undefined]);
  });

  test('`Via` hides no proxy on the way from the next ones', async () => {
    const { one } = await forwarded(({ headers }) => delete headers.via, post('Via: 1.1 a', 'Via: 1.0 b'), {
      via: 'us',
    });
    expect(one('via')).toEqual(['1.1 a, 1.0 b, 1.1 us']);
  });

  test.each<[string, unknown]>([
    ['two lines', 'a\r\nX-Admin: 1'],
    ['an object', { id: 1 }],
  ])('a header is answered with 500 and goes nowhere when it is %s', async (_, value) => {
    const { text, got } = await forwarded(({ headers }) => Object.assign(headers, { 'x-user': value }), post());
    expect([text.endsWith('500 ERR_BRP_HEADERS\n'), got]).toEqual([true, undefined]);
  });
});

describe('an upgrade', () => {
  /** The head that an endpoint gets of an upgrade that the app has changed, and what the client gets. */
  async function upgraded(make: (headers: IncomingHttpHeaders) => unknown) {
    let asked = '';
    const endpoint = await resources.startTcp((socket) => {
      socket.once('data', (chunk) => {
        asked = chunk.toString('latin1');
        socket.end(/^upgrade:/im.test(asked) ? switching : head('HTTP/1.1 200 OK', 'Content-Length: 0'));
      });
    });
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const server = http.createServer(proxy).on('upgrade', (req, socket, early) => {
      make(req.headers);
      proxy.upgrade(req, socket, early);
    });
    const { url } = await resources.listen(server);
    const text = await connectRaw(url, { headers: 'X-User: admin\r\nX-Kept: yes\r\n' }).closed();
    return { asked: asked.toLowerCase(), text };
  }

  test('goes to the endpoint as the app has changed it', async () => {
    const { asked, text } = await upgraded((headers) =>
      Object.assign(headers, { 'x-user': 'bob', connection: 'x-kept' }),
    );
    expect(text).toMatch(/^HTTP\/1.1 101 /);
    expect(asked).toMatch(/x-user: bob\r\nx-kept: yes\r\n/);
    expect(asked).toMatch(/connection: upgrade\r\nupgrade: raw\r\n/);
    expect(asked).not.toContain('admin');
  });

  test('is none any more when the app has taken its protocol away', async () => {
    const { asked, text } = await upgraded((headers) => delete headers.upgrade);
    expect([text.startsWith('HTTP/1.1 200 '), asked.includes('upgrade')]).toEqual([true, false]);
  });
});

test('a request without changes is sent as it came when middleware has only looked', async () => {
  const endpoint = await resources.start(telling);
  const look = change((req) => void [req.headers, req.headersDistinct, Object.keys(req.headers)]);
  const served = await resources.serve({ endpoints: [endpoint.url] }, (proxy) => chained([look], proxy));
  expect(JSON.parse((await request(served.url, { headers: { 'X-A': 'b' } })).text)).toMatchObject({ 'x-a': 'b' });
});
