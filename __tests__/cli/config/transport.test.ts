import type { RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createCertificate } from '../../../shared/certificate.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { Command, startLocally } from '../command.ts';
import { bareCommand, temporaryFile } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

describe('-transport', () => {
  // Only undici writes the name in lower case.
  test.each([
    ['got by default', [], 'Host'],
    ['got with -transport got', ['-transport', 'got'], 'Host'],
    ['undici with -transport undici', ['-transport', 'undici'], 'host'],
  ])('sends the attempts through %s', async (_, flags, hostName) => {
    const listener: RequestListener = ({ rawHeaders }, res) => void res.end(JSON.stringify(rawHeaders));
    const endpoint = await resources.start(listener);
    const command = startLocally('-endpoints', endpoint.url, ...flags);
    const { text } = await request(await command.url());
    expect(JSON.parse(text).filter((name: string) => /^host$/i.test(name))).toEqual([hostName]);
  });
});

test('-transport node leaves got out', async () => {
  const withoutGot = temporaryFile(
    resources,
    'without-got.mjs',
    `import { registerHooks } from 'node:module';
    const broken = 'export default { extend: () => () => { throw new Error("got is used"); } }';
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'got' ? { url: 'data:text/javascript,' + encodeURIComponent(broken), shortCircuit: true } : next(specifier, context),
    });`,
  );
  const endpoint = await resources.start(answering(200, 'hello'));
  const ask = async (transport: string) => {
    const args = ['-address', '127.0.0.1:0', '-endpoints', endpoint.url, '-transport', transport];
    const command = new Command(args, { environment: { NODE_OPTIONS: `--import ${withoutGot}` } });
    return (await request(await command.url())).status;
  };
  expect([await ask('got'), await ask('node')]).toEqual([502, 200]);
});

describe('-http2', () => {
  /** An https endpoint that speaks both and answers with what it was spoken to in. */
  async function serveBoth(): Promise<string> {
    const settings = { allowHTTP1: true, ...(await createCertificate()) };
    const server = createSecureServer(settings, ({ httpVersion }, res) => void res.end(httpVersion));
    const { port } = await resources.listen(server);
    return `https://127.0.0.1:${port}`;
  }

  test.each([
    ['got', [], '1.1'],
    ['got', ['-http2'], '2.0'],
    ['node', [], '1.1'],
    ['node', ['-http2'], '2.0'],
    ['undici', [], '1.1'],
    ['undici', ['-http2'], '2.0'],
  ])('over %s with %j speaks HTTP/%s', async (transport, flags, version) => {
    const command = startLocally('-endpoints', await serveBoth(), '-insecure', '-transport', transport, ...flags);
    expect(await request(await command.url())).toMatchObject({ status: 200, text: version });
  });

  test.each(['got', 'node', 'undici'])('over %s leaves http endpoints their HTTP/1.1', async (transport) => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const command = startLocally('-endpoints', endpoint.url, '-http2', '-transport', transport);
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'hello' });
  });
});

describe('without undici', () => {
  test('the command works', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const command = new Command(['-address', '127.0.0.1:0', '-endpoints', endpoint.url], {
      entry: bareCommand(resources),
    });
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'hello' });
  });

  test('-transport undici fails with one line that says what to install', async () => {
    const command = new Command(['-endpoints', 'http://a.example', '-transport', 'undici'], {
      entry: bareCommand(resources),
    });
    expect(await command.ended).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'balancing-reverse-proxy: flag -transport: undici is not installed; npm install undici\n',
    });
  });
});
