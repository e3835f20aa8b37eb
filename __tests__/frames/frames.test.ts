import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { readAll } from '../helpers/proxy.ts';
import { listen, refusedUrl, type TestServer } from '../helpers/servers.ts';
import { connectRaw, switching } from '../helpers/upgrades.ts';
import { type programs, type StartedFrame, startFrame } from './started-frame.ts';

/** The examples of frames do what their page says, each in a process of its own, in front of an endpoint and one that cannot be reached. */

interface Example {
  readonly file: string;
  /** @default ['/api'] */
  readonly prefixes?: readonly string[];
  /** The prefix under which upgrades go to the endpoints. @default '/api' */
  readonly upgradesUnder?: string;
  /** The answer of the app's own page. @default 200 with `the app` in it */
  readonly ownStatus?: number;
  readonly program: keyof typeof programs;
  /** The target that endpoints see in place of the client's, by prefix, where the frame makes another one. */
  readonly seen?: Readonly<Record<string, string>>;
}

const examples: readonly Example[] = [
  { program: 'node', file: 'koa.ts' },
  { program: 'node', file: 'hono.ts' },
  { program: 'node', file: 'fastify-middie.ts' },
  { program: 'node', file: 'fastify-express.ts' },
  { program: 'node', file: 'fastify-hijack.ts' },
  { program: 'node', file: 'nest.ts', prefixes: ['/api', '/module'] },
  {
    program: 'node',
    file: 'next/server.js',
    prefixes: ['/api', '/raced'],
    upgradesUnder: '/raced',
    seen: { '/api': '/some/%2F/%25?x=+&y=' },
  },
  { program: 'node', file: 'vite.ts', ownStatus: 404 },
  { program: 'node', file: 'webpack.ts', ownStatus: 404 },
  { program: 'node', file: 'h3.ts' },
  { program: 'node', file: 'restify.ts' },
  { program: 'node', file: 'polka.ts' },
  { program: 'node', file: 'tinyhttp.ts' },
  ...(['node', 'deno', 'bun'] as const).map((program) => {
    return { program, file: 'plain.ts', prefixes: [''], upgradesUnder: '' };
  }),
];

/** Looks different once a frame has decoded or tidied it. */
const target = '/some//%2F/%25?x=%20&y';
const parts = Array.from({ length: 64 }, () => randomBytes(131_072));
const hashOf = (...chunks: readonly Uint8Array[]) =>
  chunks.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex');

describe.each(examples)(
  '$file under $program',
  ({ file, program, ownStatus = 200, prefixes = ['/api'], ...settings }) => {
    const { upgradesUnder = '/api', seen = {} } = settings;
    let endpoint: TestServer;
    let frame: StartedFrame;
    /** What becomes of the client of the answer that is streamed, and of the one that is never given. */
    let reads: PromiseWithResolvers<void>;
    let asked: PromiseWithResolvers<http.ServerResponse>;

    const answers: Readonly<Record<string, http.RequestListener>> = {
      '/broken': (req) => void req.socket.destroy(),
      '/cut': async (req, res) => {
        res.write(parts[0]);
        await reads.promise;
        req.socket.destroy();
      },
      '/hanging': (_req, res) => asked.resolve(res),
      '/large': async (_req, res) => {
        const [first, ...rest] = parts;
        res.write(first);
        await reads.promise;
        for (const part of rest) if (!res.write(part)) await once(res, 'drain');
        res.end();
      },
    };

    beforeAll(async () => {
      const server = http.createServer(async (req, res) => {
        const answer = answers[req.url ?? ''];
        if (answer) return answer(req, res);
        const { text } = await readAll(req);
        res.setHeader('X-It', 'yes').end(JSON.stringify([req.method, req.url, hashOf(Buffer.from(text))]));
      });
      server.on('upgrade', (req, socket) => {
        socket.on('error', () => {});
        socket.write(`${switching}switched ${req.url}`);
        socket.pipe(socket);
      });
      endpoint = await listen(server);
      frame = await startFrame(file, [await refusedUrl(), endpoint.url], program);
    }, 120_000);
    beforeEach(() => {
      reads = Promise.withResolvers();
      asked = Promise.withResolvers();
    });
    afterAll(async () => {
      await frame?.close();
      await endpoint?.close();
    });

    if (!prefixes.includes('')) {
      test('serves what is its own', async () => {
        const own = await fetch(frame.url);
        const text = await own.text();
        expect([own.status, ownStatus === 404 || text.includes('the app')]).toEqual([ownStatus, true]);
      });
    }

    describe.each(prefixes)('under "%s"', (prefix) => {
      test('gives a GET the answer of the endpoint that can be reached, and takes the prefix off', async () => {
        const answer = await fetch(`${frame.url}${prefix}${target}`);
        expect([answer.status, answer.headers.get('x-it')]).toEqual([200, 'yes']);
        expect(await answer.json()).toEqual(['GET', seen[prefix] ?? target, hashOf()]);
      });

      test.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain'])(
        'sends the body of a POST of %s byte by byte',
        async (type) => {
          const body = `{"a": ${'1'.repeat(100_000)}}`;
          const answer = await fetch(`${frame.url}${prefix}/post`, {
            method: 'POST',
            headers: { 'Content-Type': type },
            body,
          });
          expect(await answer.json()).toEqual(['POST', '/post', hashOf(Buffer.from(body))]);
        },
      );

      test('streams a large answer, of which the client has the first bytes before the last ones are there', async () => {
        const { body } = await fetch(`${frame.url}${prefix}/large`);
        const chunks: Uint8Array[] = [];
        for await (const chunk of body ?? []) {
          reads.resolve();
          chunks.push(chunk);
        }
        expect(hashOf(...chunks)).toBe(hashOf(...parts));
      });

      test('answers with 502, and names no endpoint, when none gives an answer', async () => {
        const answer = await fetch(`${frame.url}${prefix}/broken`, { headers: { Accept: 'application/json' } });
        expect(answer.status).toBe(502);
        expect(await answer.text()).not.toContain(String(endpoint.port));
      });

      test('breaks an answer off, rather than end it, when its endpoint does', async () => {
        const { body } = await fetch(`${frame.url}${prefix}/cut`);
        const reading = async () => {
          for await (const _ of body ?? []) reads.resolve();
        };
        await expect(reading()).rejects.toThrow('terminated');
      });

      test('cancels the attempt when the client goes away', async () => {
        const client = new AbortController();
        const answer = fetch(`${frame.url}${prefix}/hanging`, { signal: client.signal });
        answer.catch(() => {});
        const closed = once(await asked.promise, 'close');
        client.abort();
        await closed;
      });
    });

    test('joins a client that asks for an upgrade to an endpoint', async () => {
      const client = connectRaw(`${frame.url}`, {
        head: `GET ${upgradesUnder}/it HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n`,
      });
      expect(await client.until('switched /it')).toMatch(/^HTTP\/1\.1 101 /);
      client.socket.write('there and back');
      await client.until('there and back');
      client.socket.destroy();
    });
  },
);
