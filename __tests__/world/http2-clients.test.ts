import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import http2 from 'node:http2';
import { promisify } from 'node:util';
import { start } from '../cli/command.ts';
import { temporaryFile } from '../cli/files.ts';
import { certificateFiles } from '../cli/secured.ts';
import { describeWith } from '../helpers/programs.ts';
import { Resources } from '../helpers/proxy.ts';
import { bodyOf, digestOf } from '../helpers/random-bodies.ts';
import { until } from '../helpers/until.ts';
import { findChromium, startChromium } from '../observers/dashboard/browser/chromium.ts';

const run = promisify(execFile);
const resources = new Resources();
afterEach(() => resources.closeAll());

/** How many requests endpoints have got that they do not answer, and how many of these were cancelled. */
interface Held {
  begun: number;
  cancelled: number;
}

/** Answers `/bytes/N` with N bytes, sends uploads back, begins `/stream` and says nothing more; says nothing to `/held`. */
function listenerFor(held: Held): RequestListener {
  return (req, res) => {
    const [, kind, length] = (req.url ?? '').split('/');
    if (req.method === 'POST') return void req.pipe(res);
    if (kind === 'bytes') {
      const body = bodyOf(Number(length));
      res.setHeader('Content-Length', body.length);
      res.setHeader('X-Digest', digestOf(body));
      return void res.end(body);
    }
    held.begun++;
    res.on('close', () => held.cancelled++);
    if (kind === 'stream') res.write('first');
  };
}

/** A command that speaks https in front of two endpoints, with which it speaks this protocol. */
async function startBetween(protocol: string, ...more: readonly string[]) {
  const { ca, files, flags } = await certificateFiles(resources);
  const held = { begun: 0, cancelled: 0 };
  const pem = { cert: ca, key: readFileSync(files.key) };
  const isHttp2 = protocol === 'HTTP/2';
  const starting = [1, 2].map(() => {
    const listener = listenerFor(held);
    return resources.listen(isHttp2 ? http2.createSecureServer(pem, listener as never) : http.createServer(listener));
  });
  const endpoints = (await Promise.all(starting)).map(({ port }) => `http${isHttp2 ? 's' : ''}://127.0.0.1:${port}`);
  const command = start('-e', endpoints.join(), ...flags, '-tls-ca', files.cert, '-http2', ...more);
  const url = (await command.url()).replace('http:', 'https:');
  return { url, held, ca: files.cert };
}

const protocols = ['HTTP/1.1', 'HTTP/2'];

describeWith('h2load over HTTP/2', ['h2load'], () => {
  test.each(protocols)(
    'gets whole answers to 20,000 requests from endpoints over %s',
    async (protocol) => {
      const { url } = await startBetween(protocol, '-workers', '2');
      const { stdout } = await run('h2load', ['-n', '20000', '-c', '10', '-m', '10', `${url}/bytes/1000`]);
      expect(stdout).toMatch(/Application protocol: h2/);
      expect(stdout).toMatch(/20000 succeeded, 0 failed, 0 errored, 0 timeout/);
      expect(stdout).toMatch(/status codes: 20000 2xx/);
      expect(stdout).toMatch(/\(20000000\) data/);
    },
    180_000,
  );
});

describeWith('curl over HTTP/2', ['curl'], () => {
  describe.each(protocols)('with endpoints over %s', (protocol) => {
    /** Runs curl, whose output ends with the protocol and the status. */
    async function curl(ca: string, ...args: readonly string[]) {
      const write = ['-w', ' %{http_version} %{http_code}'];
      const settings = { encoding: 'buffer', maxBuffer: 2 ** 26 } as const;
      const { stdout } = await run('curl', ['-s', '--http2', '--cacert', ca, ...write, ...args], settings);
      const end = stdout.lastIndexOf(' ', stdout.lastIndexOf(' ') - 1);
      return { body: stdout.subarray(0, end), end: stdout.subarray(end + 1).toString() };
    }

    test('has every byte', async () => {
      const { url, ca } = await startBetween(protocol);
      for (const length of [0, 1, 65_536, 5_000_000]) {
        const { body, end } = await curl(ca, `${url}/bytes/${length}`);
        expect([end, digestOf(body)]).toEqual(['2 200', digestOf(bodyOf(length))]);
      }
      const { body, end } = await curl(ca, '--head', `${url}/bytes/1000`);
      expect([end, String(body).includes(digestOf(bodyOf(1_000)))]).toEqual(['2 200', true]);
    });

    test.each([['at once'], ['after 100 Continue', '-H', 'Expect: 100-continue']])('uploads %s', async (_, ...args) => {
      const { url, ca } = await startBetween(protocol);
      const upload = bodyOf(900_000);
      const file = temporaryFile(resources, 'upload', '');
      writeFileSync(file, upload);
      const { body, end } = await curl(ca, ...args, '--data-binary', `@${file}`, `${url}/upload`);
      expect([end, digestOf(body)]).toEqual(['2 200', digestOf(upload)]);
    });

    test.each(['held', 'stream'])('that gives up on /%s cancels every attempt', async (path) => {
      const { url, ca, held } = await startBetween(protocol);
      await expect(curl(ca, '--max-time', '1', `${url}/${path}`)).rejects.toMatchObject({ code: 28 });
      await until(() => held.cancelled, 2);
      expect(held.begun).toBe(2);
    });
  });
});

const chromium = findChromium();

describeWith('chromium over HTTP/2', [chromium ?? 'chromium'], () => {
  /** Runs a script in a page of the command. */
  async function inPage(url: string, script: string): Promise<unknown> {
    const browser = resources.use(await startChromium(chromium ?? ''));
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    // The page needs no more than its origin; the browser would ask for a picture of its own.
    await page.route('**/favicon.ico', (route) => route.abort());
    await page.goto(`${url}/bytes/0`);
    return page.evaluate(script);
  }

  test.each(protocols)(
    'has every byte of 200 answers at once from endpoints over %s',
    async (protocol) => {
      const { url } = await startBetween(protocol);
      const seen = await inPage(
        url,
        `(async () => {
        const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
        const ask = async (_, index) => {
          const response = await fetch('/bytes/' + index * 500);
          const digest = hex(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
          return digest === response.headers.get('X-Digest');
        };
        const answers = await Promise.all(Array.from({ length: 200 }, ask));
        const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/bytes/'));
        const protocols = asked.map((entry) => entry.nextHopProtocol);
        return { right: answers.filter(Boolean).length, protocols: [...new Set(protocols)] };
      })()`,
      );
      expect(seen).toEqual({ right: 200, protocols: ['h2'] });
    },
    120_000,
  );

  test.each(protocols)(
    'cancels every attempt of what it aborts, at endpoints over %s',
    async (protocol) => {
      const { url, held } = await startBetween(protocol);
      const asked = inPage(
        url,
        `(async () => {
        const abort = new AbortController();
        const { signal } = abort;
        const streams = await Promise.all(Array.from({ length: 10 }, (_, i) => fetch('/stream/' + i, { signal })));
        const held = Array.from({ length: 10 }, (_, i) => fetch('/held/' + i, { signal }).catch((error) => error.name));
        await new Promise((resolve) => setTimeout(resolve, 500));
        abort.abort();
        const read = streams.map((response) => response.text().catch((error) => error.name));
        return { names: [...new Set(await Promise.all([...held, ...read]))], after: (await fetch('/bytes/5')).status };
      })()`,
      );
      expect(await asked).toEqual({ names: ['AbortError'], after: 200 });
      await until(() => held.cancelled, 40);
      expect(held.begun).toBe(40);
    },
    120_000,
  );
});
