import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import compression from 'compression';
import {
  type BalancingProxy,
  type BalancingProxyOptions,
  createBalancingProxy,
  type ProxyEvent,
  type RequestEnded,
} from '../../src/index.ts';
import { type ClientAnswer, frames, type Middleware, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { hanging } from '../helpers/servers.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

/** An event stream that does not end by itself. */
const endless =
  (everyMs: number, bytes: number): RequestListener =>
  (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const write = (): void => void res.write(`data: ${'x'.repeat(bytes)}\n\n`);
    write();
    const timer = setInterval(write, everyMs);
    res.on('close', () => clearInterval(timer));
  };

/** Holds a proxy and what the app does to its responses. */
async function startApp(frame: (typeof frames)[number], listener: RequestListener, act: (res: ServerResponse) => void) {
  const endpoint = await resources.start(listener);
  const options: BalancingProxyOptions = { endpoints: [endpoint.url], maxInFlight: 1, timeouts: { idleMs: 60_000 } };
  const proxy = createBalancingProxy(options);
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const errors: unknown[] = [];
  const mount: Middleware = (req, res, next) => {
    act(res);
    // Frames pass `next` on; an error that comes here would be answered over what the app has sent.
    proxy(req, res, (error) => {
      errors.push(error);
      next?.(error);
    });
  };
  const server = resources.use(await frame.start({ mounts: { '/': mount } }));
  return { endpoint, proxy, events, errors, server };
}

/** Nothing is left of the request, at the endpoint or in the proxy. */
async function expectNothingLeft(proxy: BalancingProxy, events: readonly ProxyEvent[], idle: Promise<void>) {
  await idle;
  await until(() => events.map(({ type }) => type), including('request-ended'));
  expect(proxy.endpoints).toMatchObject([{ inFlight: 0 }]);
  await proxy.close();
  return events.find((event) => event.type === 'request-ended') as RequestEnded;
}

describe.each(frames)('in $name', (frame) => {
  test.each([
    ['busy', 10, 20_000],
    ['quiet', 60_000, 10],
  ])('a %s stream that the app ends itself is over for all', async (_, everyMs, bytes) => {
    const begun = Promise.withResolvers<ServerResponse>();
    const { endpoint, proxy, events, errors, server } = await startApp(frame, endless(everyMs, bytes), begun.resolve);
    const call = frame.send(`${server.url}/`);
    const answer = await call.answer;
    answer.body.once('data', () => void begun.promise.then((res) => res.end()));
    expect(await textOf(answer)).toContain('data: x');
    const ended = await expectNothingLeft(proxy, events, endpoint.idle());
    expect(ended).toMatchObject({ status: 200, winner: endpoint.url, error: { code: 'ERR_BRP_ENDED_BY_APP' } });
    expect(errors).toEqual([]);
    call.abort();
  });

  test('an answer of the app before the head cancels the attempts, and nothing is added to it', async () => {
    const asked = Promise.withResolvers<void>();
    const listener: RequestListener = (req, res) => {
      hanging(req, res);
      asked.resolve();
    };
    const { endpoint, proxy, events, errors, server } = await startApp(frame, listener, (res) => {
      void asked.promise.then(() => {
        res.statusCode = 503;
        res.end('too late');
      });
    });
    const call = frame.send(`${server.url}/`);
    const answer = await call.answer;
    expect([answer.status, await textOf(answer)]).toEqual([503, 'too late']);
    const ended = await expectNothingLeft(proxy, events, endpoint.idle());
    expect(ended).toMatchObject({
      status: 503,
      winner: undefined,
      servedBy: undefined,
      attempts: [{ outcome: 'cancelled' }],
      error: { code: 'ERR_BRP_ENDED_BY_APP' },
    });
    expect(errors).toEqual([]);
    call.abort();
  });

  test.each(['GET', 'HEAD', 'POST'])(
    'an answer to %s that the app has begun to stream is left alone',
    async (method) => {
      let app: ServerResponse | undefined;
      const listener: RequestListener = (req, res) => {
        req.resume();
        app?.writeHead(202, { 'Content-Type': 'text/plain' });
        if (method !== 'HEAD') app?.write('mine');
        res.end('not this');
      };
      const { endpoint, proxy, events, errors, server } = await startApp(frame, listener, (res) => {
        app = res;
      });
      const call = frame.send(`${server.url}/`, { method, ...(method === 'POST' && { body: 'x' }) });
      await until(() => events.map(({ type }) => type), including('request-ended'));
      app?.end();
      const answer: ClientAnswer = await call.answer;
      expect([answer.status, await textOf(answer)]).toEqual([202, method === 'HEAD' ? '' : 'mine']);
      await proxy.close();
      expect(proxy.endpoints).toMatchObject([{ inFlight: 0, wins: 0 }]);
      expect(events.findLast((event) => event.type === 'request-ended')).toMatchObject({
        winner: undefined,
        error: { code: 'ERR_BRP_ENDED_BY_APP' },
      });
      expect(errors).toEqual([]);
      await endpoint.close();
      call.abort();
    },
  );

  test('a response that was there before the proxy asks nobody', async () => {
    const { endpoint, proxy, server } = await startApp(frame, hanging, (res) => void res.end('mine'));
    const call = frame.send(`${server.url}/`);
    expect(await textOf(await call.answer)).toBe('mine');
    await proxy.close();
    expect(endpoint.accepted).toBe(0);
    call.abort();
  });
});

describe.each(frames.filter(({ name }) => name !== 'node:http2'))('in $name', (frame) => {
  test('an upload that is buffered when the app answers is let go of', async () => {
    const { endpoint, proxy, server } = await startApp(frame, hanging, (res) => void setImmediate(() => res.end('no')));
    const call = frame.send(`${server.url}/`, { method: 'POST', headers: { 'content-length': 1_000 }, body: 'begun' });
    expect(await textOf(await call.answer)).toBe('no');
    await proxy.close();
    expect(endpoint.accepted).toBe(0);
    call.abort();
  });
});

test('an upload over HTTP/2 that is buffered when the app answers is let go of', async () => {
  const proxy = createBalancingProxy({ endpoints: ['http://127.0.0.1:1'] });
  const server = http2.createServer((req, res) => {
    proxy(req, res);
    req.once('data', () => res.end('no'));
  });
  const { url } = await resources.listen(server);
  const session = http2.connect(url);
  const upload = session.request({ ':method': 'POST', ':path': '/' });
  upload.write('begun');
  upload.resume();
  await once(upload, 'close');
  expect(upload.rstCode).toBe(0);
  await proxy.close();
  session.close();
});

describe.each(frames.filter(({ name }) => name.startsWith('Express') || name === 'connect'))(
  'behind `compression` in $name',
  (frame) => {
    test('a stream that the app ends itself is over for all', async () => {
      const endpoint = await resources.start(endless(10, 20_000));
      const proxy = createBalancingProxy({ endpoints: [endpoint.url], maxInFlight: 1 });
      const events: ProxyEvent[] = [];
      proxy.subscribe((event) => events.push(event));
      const compress = compression({ filter: () => true }) as unknown as (
        req: IncomingMessage,
        res: ServerResponse,
        next: () => void,
      ) => void;
      const begun = Promise.withResolvers<ServerResponse>();
      const mount: Middleware = (req, res, next) =>
        compress(req, res, () => {
          begun.resolve(res);
          proxy(req, res, next);
        });
      const server = resources.use(await frame.start({ mounts: { '/': mount } }));
      const call = frame.send(`${server.url}/`, { headers: { 'accept-encoding': 'gzip' } });
      const answer = await call.answer;
      expect(answer.headers['content-encoding']).toBe('gzip');
      answer.body.once('data', () => void begun.promise.then((res) => res.end()));
      await textOf(answer);
      const ended = await expectNothingLeft(proxy, events, endpoint.idle());
      expect(ended).toMatchObject({ status: 200, error: { code: 'ERR_BRP_ENDED_BY_APP' } });
      call.abort();
    });
  },
);
