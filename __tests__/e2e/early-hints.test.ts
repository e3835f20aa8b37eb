import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createBalancingProxy } from '../../src/index.ts';
import { type Frame, frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, startRaw } from '../helpers/raw.ts';

const resources = leakCheckedResources();

/** Serves in a frame what an endpoint answers with these hints. */
async function serveHints(frame: Frame, links: readonly string[]): Promise<string> {
  const hint = head('HTTP/1.1 103 Early Hints', ...links.map((link) => `Link: ${link}`));
  const endpoint = resources.use(await startRaw(`${hint}${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`));
  const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
  return resources.use(await frame.start({ mounts: { '/': proxy } })).url;
}

/** The links of the hint that a client gets, with the text that follows it. */
async function received(frame: Frame, url: string) {
  if (frame.name === 'node:http2') {
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const stream = session.request({ ':path': '/' });
    const [[hint], text] = await Promise.all([once(stream, 'headers'), textOf({ body: stream })]);
    return { link: hint.link, text };
  }
  const client = http.get(url, { agent: false });
  const [[hint], [res]] = await Promise.all([once(client, 'information'), once(client, 'response')]);
  return { link: hint.headers.link, text: await textOf({ body: res }) };
}

describe.each(frames)('early hints under $name', (frame) => {
  test('arrive without the links among them that are none', async () => {
    const url = await serveHints(frame, ['</a>; rel=preload, b; rel=preload, </c>; rel="x"', '</d>;;', '</e,f>']);
    expect(await received(frame, url)).toEqual({ link: '</a>; rel=preload, </c>; rel="x", </e,f>', text: 'ok' });
  });

  test('that Node would take for ever to check stop nobody', async () => {
    const url = await serveHints(frame, [`</a>${';a=b'.repeat(24)}"`, '</b>']);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    expect(await received(frame, url)).toEqual({ link: '</b>', text: 'ok' });
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(1_000);
  });
});
