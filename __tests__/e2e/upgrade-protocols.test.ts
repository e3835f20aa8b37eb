import type { RequestListener } from 'node:http';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { answering } from '../helpers/servers.ts';
import { connectRaw, serveUpgrades, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

/** Starts an endpoint that switches to this protocol, whatever it is asked for, and keeps the heads that it gets. */
async function startSwitchingTo(protocol: string) {
  const heads: string[] = [];
  const endpoint = await resources.startTcp((socket) => {
    socket.once('data', (chunk) => {
      heads.push(chunk.toString('latin1'));
      socket.write(switching.replace('Upgrade: raw', `Upgrade: ${protocol}`));
      // Whoever is joined to it hears that it speaks.
      later(20, () => socket.end('tunnel'));
    });
  });
  return { url: endpoint.url, heads };
}

const upgradeLines = (head = '') => head.split('\r\n').filter((line) => /^upgrade:/i.test(line));

describe('a request for an upgrade to h2c', () => {
  test.each([
    'h2c',
    'H2C',
    ' h2c ,, h2',
    '"h2c"',
    'h2c/1.0',
    'h2c-14',
    'HTTP/2.0',
    'TLS/1.2',
    'h2c\r\nUpgrade: h2c',
    'h2c\r\nUpgrade: H2C, "x, h2c"',
  ])('is served as if it did not ask, however it is written: %j', async (protocol) => {
    const page: RequestListener = (req, res) => answering(200, JSON.stringify(req.headers))(req, res);
    const endpoint = await resources.start(page);
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url] }));
    const headers = 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
    const text = await connectRaw(url, { protocol, headers }).closed();
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).not.toMatch(/"upgrade"|http2-settings/i);
  });

  test.each([
    ['websocket, h2c', 'websocket'],
    ['h2c, websocket', 'websocket'],
    ['websocket, "h2c", H2C/2', 'websocket'],
    ['h2c\r\nUpgrade: WebSocket\r\nUpgrade: h2c', 'WebSocket'],
    ['raw/1.0, h2c , websocket', 'raw/1.0, websocket'],
  ])('among others asks the endpoint for the others: %j', async (protocol, asked) => {
    const endpoint = await startSwitchingTo(asked.split(', ', 1)[0] ?? '');
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url] }));
    expect(await connectRaw(url, { protocol }).closed()).toMatch(/^HTTP\/1.1 101 .*tunnel$/s);
    expect(upgradeLines(endpoint.heads[0])).toEqual([`Upgrade: ${asked}`]);
  });
});

describe('an endpoint that switches protocols', () => {
  test.each([
    ['websocket', 'h2c'],
    ['websocket, h2c', 'h2c'],
    ['websocket, h2c', 'websocket, h2c'],
    ['raw', 'websocket'],
    ['raw', 'raw/2'],
    ['raw', 'raw\r\nUpgrade: h2c'],
    ['raw', '"raw"'],
  ])('asked for %j, to %j, has failed, and nobody is joined to it', async (protocol, chosen) => {
    const endpoint = await startSwitchingTo(chosen);
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url] }));
    const text = await connectRaw(url, { protocol }).closed();
    expect(text.endsWith('502 ERR_BRP_EXHAUSTED\n')).toBe(true);
    expect(text).not.toContain('tunnel');
  });

  test.each([
    ['WebSocket', 'websocket'],
    ['raw, other/2', 'Other/2'],
    ['raw, other', 'raw, other'],
  ])('asked for %j, to %j, is joined to the client', async (protocol, chosen) => {
    const endpoint = await startSwitchingTo(chosen);
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url] }));
    const text = await connectRaw(url, { protocol }).closed();
    expect(text).toMatch(/^HTTP\/1.1 101 .*tunnel$/s);
    expect(upgradeLines(text)).toEqual([`Upgrade: ${chosen}`]);
  });
});
