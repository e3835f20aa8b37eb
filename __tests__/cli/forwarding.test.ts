import type { RequestListener } from 'node:http';
import https from 'node:https';
import { createCertificate } from '../../shared/certificate.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { connectRaw } from '../helpers/upgrades.ts';
import { type LocalCommand, startLocally } from './command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

function startFor(endpoints: readonly { readonly url: string }[], ...flags: readonly string[]): LocalCommand {
  return startLocally('-endpoints', endpoints.map(({ url }) => url).join(','), ...flags);
}

test('a body comes through although its client asks for h2c, as that of Java does each time', async () => {
  const command = startFor([await resources.start((req, res) => void req.pipe(res))]);
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };
  const response = await request(await command.url(), { method: 'POST', body: 'hello', headers });
  expect(response).toMatchObject({ status: 200, text: 'hello' });
});

test('nobody is joined to an endpoint for h2c, wherever it stands among the protocols', async () => {
  const heads: string[] = [];
  const endpoint = await resources.startTcp((socket) => {
    socket.once('data', (chunk) => {
      heads.push(chunk.toString('latin1'));
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`);
    });
  });
  const command = startFor([endpoint]);
  const text = await connectRaw(await command.url(), { protocol: 'raw, "x", h2c' }).closed();
  expect(text).toMatch(/^HTTP\/1.1 502 /);
  expect(heads.join('')).toMatch(/^upgrade: raw\r$/im);
});

describe('the strategy', () => {
  test.each([[], ['-fanout'], ['-strategy', 'race']])('asks all endpoints at once (%j %j)', async (...flags) => {
    const slow = await resources.start(hanging);
    const fast = await resources.start(answering(200, 'fast'));
    const command = startFor([slow, fast], ...flags);
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'fast' });
    expect([slow.accepted, fast.accepted]).toEqual([1, 1]);
  });

  test.each([
    ['-fanout=false', ''],
    ['-strategy', 'failover'],
  ])('%s %s asks only as many endpoints as are needed', async (...flags) => {
    const bad = await resources.start(answering(500, 'bad'));
    const good = await resources.start(answering(200, 'good'));
    const spare = await resources.start(answering(200, 'spare'));
    const command = startFor([bad, good, spare], ...flags.filter(Boolean));
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'good' });
    expect([bad.accepted, good.accepted, spare.accepted]).toEqual([1, 1, 0]);
  });

  test('-strategy hedge asks the next endpoint after -hedge-delay', async () => {
    const slow = await resources.start(hanging);
    const fast = await resources.start(answering(200, 'fast'));
    const command = startFor([slow, fast], '-strategy', 'hedge', '-hedge-delay', '20ms');
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'fast' });
    expect([slow.accepted, fast.accepted]).toEqual([1, 1]);
  });

  test('-unsafe-methods single sends a POST to one endpoint', async () => {
    const bad = await resources.start(answering(500, 'bad'));
    const spare = await resources.start(answering(200, 'spare'));
    const command = startFor([bad, spare], '-unsafe-methods', 'single');
    expect(await request(await command.url(), { method: 'POST', body: 'x' })).toMatchObject({ text: 'bad' });
    expect(spare.accepted).toBe(0);
  });

  test('-terminal-responses says what is usable', async () => {
    const bad = await resources.start(answering(500, 'bad'));
    const good = await resources.start(answering(200, 'good'));
    const command = startFor([bad, good], '-fanout=false', '-terminal-responses', '200,500');
    expect(await request(await command.url())).toMatchObject({ status: 500, text: 'bad' });
    expect(good.accepted).toBe(0);
  });
});

describe('a limit', () => {
  const endlessBody: RequestListener = (_, res) => void res.write('half');

  test('-timeout gives up an attempt that has no response head', async () => {
    const command = startFor([await resources.start(hanging)], '-timeout', '20ms');
    expect(await request(await command.url())).toMatchObject({ status: 504, text: '504 ERR_BRP_ALL_TIMED_OUT\n' });
  });

  test('-first-byte-timeout gives up an attempt that has a head and nothing more, with -win-at first-byte', async () => {
    const flags = ['-win-at', 'first-byte', '-first-byte-timeout', '20ms'];
    const command = startFor([await resources.start((_req, res) => res.flushHeaders())], ...flags);
    expect(await request(await command.url())).toMatchObject({ status: 504 });
  });

  test('-connect-timeout gives up an attempt that has no connection', async () => {
    const { port } = await resources.startTcp(() => {});
    const command = startFor([{ url: `https://127.0.0.1:${port}` }], '-connect-timeout', '20ms');
    expect(await request(await command.url())).toMatchObject({ status: 504 });
    expect(await command.line(/endpoint 0 .* timed out/)).toMatch(/no connection to .* within 20 ms/);
  });

  test('-total-timeout gives up a request', async () => {
    const command = startFor([await resources.start(hanging)], '-total-timeout=20ms');
    expect(await request(await command.url())).toMatchObject({ status: 504, text: '504 ERR_BRP_TOTAL_TIMEOUT\n' });
  });

  test('-idle-timeout cuts a body that falls silent', async () => {
    const command = startFor([await resources.start(endlessBody)], '-idle-timeout', '20ms', '-hold-time=0');
    await expect(request(await command.url())).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await command.line(/broken off/)).toMatch(/by endpoint 0 .*: status 200, no byte .* within 20 ms/);
  });

  test.each(['-timeout=0', '-connect-timeout=0', '-idle-timeout=0', '-total-timeout=0', '-timeout=1000h'])(
    '%s is none that a request would notice',
    async (flag) => {
      const command = startFor([await resources.start(answering(200, 'hello'))], flag);
      expect(await request(await command.url())).toMatchObject({ status: 200 });
    },
  );

  test('-body-limit refuses a longer body and says in the log which flag to raise', async () => {
    const command = startFor([await resources.start(answering(200, 'hello'))], '-body-limit', '1KB');
    const url = await command.url();
    expect(await request(url, { method: 'POST', body: Buffer.alloc(1_000) })).toMatchObject({ status: 200 });
    expect(await request(url, { method: 'POST', body: Buffer.alloc(1_001) })).toMatchObject({ status: 413 });
    expect(await command.line(/refused/)).toMatch(/status 413, .*1000 bytes: raise flag -body-limit/);
  });
});

describe('what goes over the wire', () => {
  const echoing: RequestListener = (req, res) => void res.end(JSON.stringify(req.headers));

  test.each([
    ['tells by default not', [], undefined],
    ['tells with -expose-endpoint', ['-expose-endpoint'], 'http://127.0.0.1'],
  ])('%s which endpoint answered', async (_, flags, name) => {
    const command = startFor([await resources.start(answering(200, 'hello'))], ...flags);
    const { headers } = await request(await command.url());
    expect(String(headers['x-served-by']).replace(/:\d+$/, '')).toBe(String(name));
  });

  test('tells with -expose-attempts how many attempts there were', async () => {
    const command = startFor([await resources.start(answering(200, 'hello'))], '-expose-attempts');
    const { headers } = await request(await command.url());
    expect(headers['server-timing']).toMatch(/^brp-endpoint;desc="http:.*";dur=[\d.]+, brp-attempts;desc="1"$/);
  });

  test('has the name of -via', async () => {
    const command = startFor([await resources.start(echoing)], '-via', 'edge-7');
    const { text } = await request(await command.url());
    expect(JSON.parse(text)).toMatchObject({ via: '1.1 edge-7' });
  });

  test.each([
    ['believes with -trust-forwarded', ['-trust-forwarded'], '1.2.3.4, 127.0.0.1'],
    [
      'believes with the network in -trust-forwarded',
      ['-trust-forwarded=10.0.0.0/8,127.0.0.0/8'],
      '1.2.3.4, 127.0.0.1',
    ],
    ['replaces with another network there', ['-trust-forwarded=10.0.0.0/8'], '127.0.0.1'],
    ['replaces by default', [], '127.0.0.1'],
  ])('%s what the client says of where it comes from', async (_, flags, forwardedFor) => {
    const command = startFor([await resources.start(echoing)], ...flags);
    const { text } = await request(await command.url(), { headers: { 'X-Forwarded-For': '1.2.3.4' } });
    expect(JSON.parse(text)).toMatchObject({ 'x-forwarded-for': forwardedFor });
  });

  test('has the credentials of an endpoint, of which the log knows nothing', async () => {
    const { port } = await resources.start(echoing);
    const command = startFor([{ url: `http://me:secret@127.0.0.1:${port}` }]);
    const { text } = await request(await command.url());
    expect(JSON.parse(text).authorization).toBe(`Basic ${btoa('me:secret')}`);
    await command.line(/served/);
    expect(command.lines.join('\n')).not.toMatch(/secret|me:/);
  });
});

describe('an endpoint with a certificate that nobody signed', () => {
  async function serveTls(): Promise<{ readonly url: string }> {
    const server = https.createServer(await createCertificate(), answering(200, 'secure'));
    const { port } = await resources.listen(server);
    return { url: `https://127.0.0.1:${port}` };
  }

  test('is not trusted', async () => {
    const command = startFor([await serveTls()]);
    expect(await request(await command.url())).toMatchObject({ status: 502 });
    expect(await command.line(/endpoint 0 .*failed/)).toMatch(/certificate/);
  });

  test('is trusted with -insecure, under a warning', async () => {
    const command = startFor([await serveTls()], '-insecure');
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'secure' });
    expect(await command.line(/warning/)).toMatch(/warning: -insecure is on/);
  });
});

test('a client that leaves cancels the attempts', async () => {
  const asked = Promise.withResolvers<void>();
  const endpoint = await resources.start(() => asked.resolve());
  const command = startFor([endpoint]);
  const abort = new AbortController();
  const response = fetch(await command.url(), { signal: abort.signal });
  await asked.promise;
  abort.abort();
  await expect(response).rejects.toThrow();
  await endpoint.idle();
  expect(await command.line(/the client has gone/)).toMatch(/request 1 GET \/: the client has gone after/);
  command.signal('SIGTERM');
  expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
});
