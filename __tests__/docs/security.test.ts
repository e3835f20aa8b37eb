import type { RequestListener } from 'node:http';
import express, { type Express } from 'express';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { head, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';
import { textOf } from './project.ts';

/** What docs/security.md says of paths, of what endpoints and clients learn, and its code, which has to do what it is for. */

const resources = new Resources();
afterEach(() => resources.closeAll());

const blocks = [...textOf('docs/security.md').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
/** The block of the page that has this text. */
function blockWith(text: string): string {
  const block = blocks.find((code) => code.includes(text));
  if (block === undefined) throw new Error(`no block has ${text}`);
  return block;
}

/** Starts an endpoint below a base path that sends back what it gets. @returns its URL. */
async function startEcho(): Promise<string> {
  const echo: RequestListener = (req, res) => res.end(JSON.stringify({ target: req.url, headers: req.headers }));
  return `${(await resources.start(echo)).url}/public`;
}

/** Serves an app that a block of the page sets up. */
async function serveBlock(block: string): Promise<string> {
  const proxy = resources.use(createBalancingProxy({ endpoints: [await startEcho()] }));
  const app: Express = express();
  new Function('app', 'proxy', block)(app, proxy);
  return (await resources.start(app)).url;
}

/** Sends a target as it is, which fetch() would not. */
const ask = async (url: string, target: string, method = 'GET') =>
  (await sendRaw(url, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).text;

const steps = [
  '/../private/x',
  '/a/%2e%2E/../private',
  '/..%2fprivate',
  '/.%2e',
  '/a/..;/b',
  '/a\\..\\b',
  '/..%5cx',
  '/..',
];

describe('a target that leads out of the base path', () => {
  test.each(steps)('goes out byte for byte: %s', async (target) => {
    const { url } = await resources.serve({ endpoints: [await startEcho()] });
    expect(await ask(url, target)).toContain(JSON.stringify(`/public${target}`));
  });

  test.each(steps)('is refused by the middleware of the page: %s', async (target) => {
    const url = await serveBlock(blockWith('stepsUp'));
    expect(await ask(url, `/api${target}`)).toMatch(/^HTTP\/1.1 400 /);
  });

  test.each(['/a..b/c', '/...', '/..a', '/a?next=../b', '/a?b=1&c=/..', '/.well-known/x', '/'])(
    'is none to the middleware of the page: %s',
    async (target) => {
      const url = await serveBlock(blockWith('stepsUp'));
      expect(await ask(url, `/api${target}`)).toContain(JSON.stringify(`/public${target}`));
    },
  );
});

test('the middleware of the page refuses TRACE, and nothing else', async () => {
  const url = await serveBlock(blockWith("'TRACE'"));
  expect(await ask(url, '/api/x', 'TRACE')).toMatch(/^HTTP\/1.1 405 /);
  expect(await ask(url, '/api/x')).toMatch(/^HTTP\/1.1 200 /);
});

test.each([
  ['TRACE', []],
  ['OPTIONS', ['Basic dXNlcjpwYXNz', 'key']],
])('with %s go the credentials and headers of an endpoint: %j', async (method, expected) => {
  const endpoint = resources.use(await startRaw(head('HTTP/1.1 200 OK', 'Content-Length: 0')));
  const url = endpoint.url.replace('//', '//user:pass@');
  const served = await resources.serve({ endpoints: [{ url, headers: { 'X-Api-Key': 'key' } }] });
  await sendRaw(served.url, head(`${method} / HTTP/1.1`, 'Host: any', 'Connection: close'));
  const [{ headers = [] } = {}] = endpoint.requests;
  const values = ['Authorization', 'X-Api-Key'].flatMap((name) => valuesIn(headers, name));
  expect(values.map((value) => value.trim())).toEqual(expected);
});

describe('what endpoints learn', () => {
  /** Starts two endpoints and gives the headers that each one got. */
  async function headersAt(options: Partial<BalancingProxyOptions>) {
    const got: Array<{ readonly cookie?: string | undefined; readonly authorization?: string | undefined }> = [];
    const listen = (index: number): RequestListener => {
      return ({ headers: { cookie, authorization } }, res) => {
        got[index] = { cookie, authorization };
        res.statusCode = 500;
        res.end();
      };
    };
    const [one, two] = [await resources.start(listen(0)), await resources.start(listen(1))];
    const endpoints = [one.url, { url: two.url, headers: { authorization: 'key-of-two' } }];
    const { url } = await resources.serve({ endpoints, ...options });
    await request(url, { headers: { cookie: 'session=1', authorization: 'of-the-client' } });
    return got;
  }

  test('is the cookie of the client at each, and its credentials where an endpoint has none of its own', async () => {
    expect(await headersAt({})).toEqual([
      { cookie: 'session=1', authorization: 'of-the-client' },
      { cookie: 'session=1', authorization: 'key-of-two' },
    ]);
  });

  test('is no cookie with the function of the page', async () => {
    const [, code = ''] = /rewriteRequest: (.*),\n/.exec(blockWith('key-of-two')) ?? [];
    const rewriteRequest = new Function(`return ${code}`)();
    expect(await headersAt({ rewriteRequest })).toMatchObject([{ cookie: undefined }, { cookie: undefined }]);
  });
});

describe('what clients learn', () => {
  const talkative: RequestListener = (_req, res) => {
    res.writeHead(200, { Server: 'nginx/1.0', Via: '1.1 inner', 'X-Powered-By': 'PHP', 'X-Own': 'kept' }).end('ok');
  };
  const namesOf = (headers: object) =>
    Object.keys(headers).filter((name) => !/^(date|connection|keep-alive)$/.test(name));

  test('is no header of ours', async () => {
    const endpoint = await resources.start((_req, res) => res.end('ok'));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    expect(namesOf((await request(url)).headers)).toEqual(['content-length']);
  });

  test('is not what the function of the page takes off', async () => {
    const [, code = ''] = /rewriteResponse: (.*),\n/.exec(blockWith('x-powered-by')) ?? [];
    const endpoint = await resources.start(talkative);
    const { url } = await resources.serve({
      endpoints: [endpoint.url],
      rewriteResponse: new Function(`return ${code}`)(),
    });
    expect(namesOf((await request(url)).headers).sort()).toEqual(['content-length', 'x-own']);
  });
});
