import type { RequestListener } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import {
  type BalancingProxyOptions,
  type EndpointOptions,
  gotTransport,
  nodeTransport,
  type Transport,
} from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { connectRaw, serveUpgrades, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

const names = ['one.test', 'two.test'] as const;
type Name = (typeof names)[number];
const [one, two] = [await createCertificate('one.test'), await createCertificate('two.test')];
const certificates: Readonly<Record<Name, { readonly cert: string; readonly key: string }>> = {
  'one.test': one,
  'two.test': two,
};
const authorities = [one.cert, two.cert];

/** What a server with both certificates behind one port chooses the certificate by; without a name it has that of the first one. */
const byName: SecureContextOptions & https.ServerOptions = {
  ...one,
  SNICallback: (name, done) => done(null, createSecureContext(certificates[name as Name] ?? one)),
};

/** An endpoint that tells for which name it was connected to, and which `Host` it was given. */
const telling: RequestListener = ({ socket, headers }, res) => {
  const { servername } = socket as typeof socket & { readonly servername: unknown };
  res.end(`${servername} ${headers.host ?? headers[':authority']}`);
};

const transports: ReadonlyArray<readonly [name: string, create: () => Transport]> = [
  ['got', () => gotTransport()],
  ['node', () => nodeTransport()],
  ['undici', () => undiciTransport()],
  ['HTTP/2', () => nodeTransport({ http2: true })],
];

describe.each(transports)('over %s', (transportName, create) => {
  /** Starts a server with both certificates, and gives its port. */
  async function start(): Promise<number> {
    const server =
      transportName === 'HTTP/2'
        ? http2.createSecureServer(byName as http2.SecureServerOptions, telling as never)
        : https.createServer(byName, telling);
    return (await resources.listen(server)).port;
  }

  /** Serves a proxy for endpoints at such a server. */
  async function serve(
    endpoints: ReadonlyArray<Partial<EndpointOptions>>,
    options: Partial<BalancingProxyOptions> = {},
  ) {
    const port = await start();
    const url = `https://127.0.0.1:${port}`;
    const served = await resources.serve({
      endpoints: endpoints.map((endpoint) => ({ url, ...endpoint })),
      transport: create(),
      tls: { ca: authorities },
      ...options,
    });
    return { ...served, port };
  }

  test('endpoints with one URL and a server name each are told apart, again and again', async () => {
    const endpoints = names.map((servername) => ({ name: servername, tls: { servername } }));
    const served = await serve(endpoints, { exposeEndpoint: true, loserGraceMs: Infinity });
    for (let i = 0; i < 4; i++) {
      const { text, headers } = await request(served.url);
      expect(text).toBe(`${headers['x-served-by']} 127.0.0.1:${served.port}`);
    }
    for (const name of names) {
      served.proxy.drain(name);
      const other = names.find((each) => each !== name);
      expect((await request(served.url)).text).toBe(`${other} 127.0.0.1:${served.port}`);
      served.proxy.restore(name);
    }
  });

  test('a certificate for another name is refused, although one of the names is trusted on the same port', async () => {
    const served = await serve([
      { name: 'right', tls: { servername: 'two.test' } },
      { name: 'wrong', tls: { servername: 'three.test' } },
    ]);
    expect((await request(served.url)).status).toBe(200);
    served.proxy.drain('right');
    expect((await request(served.url)).status).toBe(502);
  });

  test('each endpoint trusts its own authorities', async () => {
    const served = await serve(
      names.map((servername) => ({ name: servername, tls: { servername, ca: certificates[servername].cert } })),
      { tls: { ca: two.cert }, exposeEndpoint: true },
    );
    for (const name of names) {
      served.proxy.drain(name);
      expect((await request(served.url)).status).toBe(200);
      served.proxy.restore(name);
    }
  });

  test('each endpoint is shown our certificate that is meant for it, and the general one where there is no other', async () => {
    const asking = { ...one, requestCert: true, ca: authorities };
    const answer: RequestListener = ({ socket }, res) => {
      res.end(String((socket as TLSSocket).getPeerCertificate().subject.CN));
    };
    const server =
      transportName === 'HTTP/2'
        ? http2.createSecureServer(asking, answer as never)
        : https.createServer(asking, answer);
    const url = `https://127.0.0.1:${(await resources.listen(server)).port}`;
    const served = await resources.serve({
      endpoints: [
        { url, name: 'general' },
        { url, name: 'own', tls: two },
      ],
      transport: create(),
      tls: { ca: authorities, ...one },
    });
    for (let i = 0; i < 2; i++) {
      for (const [drained, name] of [
        ['general', 'two.test'],
        ['own', 'one.test'],
      ] as const) {
        served.proxy.drain(drained);
        expect((await request(served.url)).text).toBe(name);
        served.proxy.restore(drained);
      }
    }
  });

  test('a general server name holds for all endpoints that have no other one', async () => {
    const served = await serve([{ name: 'general' }, { name: 'own', tls: { servername: 'one.test' } }], {
      tls: { ca: authorities, servername: 'two.test' },
    });
    served.proxy.drain('own');
    expect((await request(served.url)).text).toMatch(/^two.test /);
    served.proxy.restore('own');
    served.proxy.drain('general');
    expect((await request(served.url)).text).toMatch(/^one.test /);
  });

  test('the host name of the URL is asked for where there is no other name', async () => {
    const port = await start();
    const url = `https://two.test:${port}`;
    const endpoints = [{ url, address: '127.0.0.1' }];
    const served = await resources.serve({ endpoints, transport: create(), tls: { ca: two.cert } });
    expect((await request(served.url)).text).toBe(`two.test two.test:${port}`);
  });

  test('the Host of the client is none of these names', async () => {
    const served = await serve([{ tls: { servername: 'two.test' } }], { preserveHost: true });
    expect((await request(served.url, { headers: { host: 'client.test' } })).text).toBe('two.test client.test');
    const unnamed = await serve([{}], { preserveHost: true });
    expect((await request(unnamed.url, { headers: { host: 'two.test' } })).text).toBe('false two.test');
  });

  test('a function may give the same settings anew with each request', async () => {
    const port = await start();
    const served = await resources.serve({
      endpoints: () =>
        names.map((servername) => ({
          url: `https://127.0.0.1:${port}`,
          name: servername,
          tls: { servername, ca: Buffer.from(certificates[servername].cert) },
        })),
      transport: create(),
      exposeEndpoint: true,
      loserGraceMs: Infinity,
    });
    for (let i = 0; i < 4; i++) {
      const { text, headers } = await request(served.url);
      expect(text).toBe(`${headers['x-served-by']} 127.0.0.1:${port}`);
    }
  });
});

describe.each(transports.filter(([name]) => name !== 'HTTP/2'))('an upgrade over %s', (_, create) => {
  test.each(names)('is sent under the name of its endpoint, %s', async (servername) => {
    const server = https.createServer(byName).on('upgrade', (_req, socket) => {
      socket.on('error', () => {});
      socket.end(`${switching}${(socket as typeof socket & { readonly servername: unknown }).servername}!`);
    });
    const { port } = await resources.listen(server);
    const endpoints = [{ url: `https://127.0.0.1:${port}`, tls: { servername, ca: certificates[servername].cert } }];
    const { url } = resources.use(await serveUpgrades({ endpoints, transport: create() }));
    const client = connectRaw(url);
    expect(await client.until('!')).toMatch(new RegExp(`\r\n\r\n${servername}!$`));
    client.socket.destroy();
  });
});
