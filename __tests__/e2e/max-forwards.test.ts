import type { RequestEnded } from '../../src/index.ts';
import { createBalancingProxy } from '../../src/index.ts';
import { frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, sendRaw, startRaw, valuesIn } from '../helpers/raw.ts';
import { connectRaw, serveUpgrades } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

const ok = `${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`;

/** What an endpoint and the client get of a request. */
async function send(requestLine: string, ...headers: readonly string[]) {
  const endpoint = resources.use(await startRaw(ok));
  const served = await resources.serve({ endpoints: [endpoint.url] });
  const { text } = await sendRaw(served.url, head(requestLine, 'Host: client', ...headers, 'Connection: close'));
  const [got] = endpoint.requests;
  const ended = served.events.findLast((event) => event.type === 'request-ended') as RequestEnded;
  return { text, ended, forwards: got && valuesIn(got.headers, 'max-forwards') };
}

describe('Max-Forwards', () => {
  test.each([
    ['OPTIONS', '1', '0'],
    ['OPTIONS', '010', '9'],
    ['TRACE', '70', '69'],
    ['TRACE', '100000000000000000000000', '99999999999999999999999'],
    ['OPTIONS', 'many', 'many'],
    ['OPTIONS', '-1', '-1'],
    ['OPTIONS', '1.5', '1.5'],
    ['GET', '5', '5'],
    ['GET', '0', '0'],
    ['POST', '0', '0'],
  ])('of %s %s goes on as %s', async (method, came, expected) => {
    expect((await send(`${method} / HTTP/1.1`, `Max-Forwards: ${came}`)).forwards).toEqual([expected]);
  });

  test('of 0 ends an OPTIONS here', async () => {
    const { text, ended, forwards } = await send('OPTIONS /a HTTP/1.1', 'Max-Forwards: 0');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Length: 0\r\n/);
    expect(forwards).toBeUndefined();
    expect(ended).toMatchObject({ status: 200, attempts: [], error: undefined });
  });

  test('of 0 ends a TRACE here, which gets back what it has sent, but no secrets', async () => {
    const secrets = [
      'Authorization: Bearer s3cr3t',
      'Cookie: a=s3cr3t',
      'X-Api-Key: s3cr3t',
      'X-Forwarded-For: s3cr3t',
    ];
    const { text, forwards } = await send(
      'TRACE /a?b HTTP/1.1',
      'Max-Forwards: 0',
      'X-MINE: 1',
      ...secrets,
      'via: 1.1 x',
    );
    const [, ...body] = text.split('\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Type: message\/http\r\n/);
    expect(body.join('\r\n\r\n')).toBe(
      head('TRACE /a?b HTTP/1.1', 'Host: client', 'Max-Forwards: 0', 'X-MINE: 1', 'via: 1.1 x', 'Connection: close'),
    );
    expect(text).not.toContain('s3cr3t');
    expect(forwards).toBeUndefined();
  });

  test('of 0 ends a request for an upgrade, too', async () => {
    const endpoint = resources.use(await startRaw(ok));
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url] }));
    const text = await connectRaw(url, { method: 'OPTIONS', headers: 'Max-Forwards: 0\r\n' }).closed();
    expect([text.startsWith('HTTP/1.1 200 OK\r\n'), endpoint.requests]).toEqual([true, []]);
  });

  test.each(frames)('of 0 is heard in $name', async (frame) => {
    const endpoint = resources.use(await startRaw(ok));
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const { url } = resources.use(await frame.start({ mounts: { '/': proxy } }));
    const answer = await frame.send(url, { method: 'OPTIONS', headers: { 'Max-Forwards': '0' } }).answer;
    expect([answer.status, await textOf(answer), endpoint.requests]).toEqual([200, '', []]);
  });
});
