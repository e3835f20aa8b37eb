import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { createCertificate } from '../../shared/certificate.ts';
import { type AgentOption, gotTransport, nodeTransport, type UpstreamRequest } from '../../src/index.ts';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { startForwardProxy } from '../helpers/proxy-server.ts';
import { answering } from '../helpers/servers.ts';
import { isThere, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

/** Closes what a user has to close. */
const use = <Agent extends http.Agent>(agent: Agent): Agent => {
  resources.use({ close: () => agent.destroy() });
  return agent;
};

/** An agent that never has a connection. */
const silentAgent = (): http.Agent => {
  const agent = use(new http.Agent());
  agent.createConnection = () => undefined;
  return agent;
};

/** An endpoint that speaks TLS and answers with the header lines that it got. */
const startSecure = async (listener: RequestListener = (req, res) => void res.end(req.rawHeaders.join())) => {
  const certificate = await createCertificate();
  const names: unknown[] = [];
  const server = https.createServer(certificate, listener).on('secureConnection', (socket) => {
    names.push(socket.servername);
  });
  return { server: await resources.listen(server), tls: { ca: certificate.cert }, names };
};

const hasConnections = (agent: http.Agent) => Object.keys(agent.freeSockets).length > 0;

describe.each([
  ['gotTransport()', gotTransport],
  ['nodeTransport()', nodeTransport],
])('%s', (_, createTransport) => {
  const create = (agent: AgentOption) => {
    const transport = resources.use(createTransport({ agent }));
    return async (url: string, more: Partial<UpstreamRequest> = {}) =>
      text((await transport.send(upstreamRequest(url, more), new AbortController().signal)).body);
  };

  describe("an agent of the user's", () => {
    test('makes the connections for its protocol, and ours those for the other one', async () => {
      const plain = await resources.start(answering(200, 'plain'));
      const secure = await startSecure(answering(200, 'secure'));
      const agents = {
        http: use(new http.Agent({ keepAlive: true })),
        https: use(new https.Agent({ keepAlive: true })),
      };
      const urls = [plain.url, secure.server.url.replace('http', 'https')];
      const options: Array<[AgentOption, boolean, boolean]> = [
        [agents.http, true, false],
        [agents.https, false, true],
        [agents, true, true],
        [{ https: agents.https }, false, true],
      ];
      for (const [agent, forHttp, forHttps] of options) {
        const send = create(agent);
        for (const url of urls)
          expect(await send(url, { tls: secure.tls })).toBe(url === plain.url ? 'plain' : 'secure');
        expect([hasConnections(agents.http), hasConnections(agents.https)]).toEqual([forHttp, forHttps]);
        for (const each of Object.values(agents)) each.destroy();
      }
    });

    test('is told the name to ask for, for which the certificate has to be', async () => {
      const secure = await startSecure((req, res) => void res.end(req.headers.host));
      const send = create(use(new https.Agent({ keepAlive: true })));
      const url = secure.server.url.replace('http', 'https');
      const { host } = new URL(url);
      expect(await send(url, { tls: { ...secure.tls, servername: 'localhost' } })).toBe(host);
      const wrong = send(url, { tls: { ...secure.tls, servername: 'api.internal' } });
      await expect(wrong).rejects.toThrow('altnames');
      expect(secure.names[0]).toBe('localhost');
    });

    test('is asked with the header list in its case and order', async () => {
      const server = await resources.start((req, res) => void res.end(req.rawHeaders.join()));
      const headers = ['X-b', '1', 'hOST', 'h', 'x-A', '2', '__proto__', '3', 'Cookie', 'a=1', 'cookie', 'b=2'];
      const sent = await create(use(new http.Agent({ keepAlive: true })))(server.url, { headers });
      expect(sent).toBe('X-b,1,hOST,h,x-A,2,__proto__,3,Cookie,a=1; b=2,Connection,keep-alive');
    });

    test('is asked for a fresh connection, too, and for an upgrade', async () => {
      const server = await resources.start(answering(200, 'ok'));
      const agent = use(new http.Agent({ keepAlive: true }));
      const created: unknown[] = [];
      const open = agent.createConnection.bind(agent);
      agent.createConnection = (options, done) => {
        created.push(options.port);
        return open(options, done);
      };
      const send = create(agent);
      await send(server.url);
      await send(server.url, { freshConnection: true });
      await send(server.url, { headers: ['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', 'none'] });
      expect([...new Set(created)]).toEqual([server.port]);
      expect(server.accepted).toBe(created.length);
    });

    test('is not closed along with the transport', async () => {
      const server = await resources.start(answering(200, 'ok'));
      const agent = use(new http.Agent({ keepAlive: true }));
      const transport = createTransport({ agent });
      await text((await transport.send(upstreamRequest(server.url), new AbortController().signal)).body);
      await transport.close();
      expect(server.sockets.size).toBe(1);
    });

    test('has `connectMs`, too, until it gives a connection', async () => {
      await expect(create(silentAgent())('http://one.example', { connectMs: 30 })).rejects.toMatchObject({
        code: 'ERR_BRP_CONNECT_TIMEOUT',
      });
    });

    test('may let requests wait for one of its `maxSockets` beyond `connectMs`', async () => {
      let answer: (() => void) | undefined;
      const server = await resources.start((_, res) => {
        if (answer) res.end('ok');
        else answer = () => res.end('ok');
      });
      const send = create(use(new http.Agent({ maxSockets: 1 })));
      const both = Promise.allSettled([send(server.url), send(server.url, { connectMs: 30 })]);
      await until(() => answer, isThere);
      // A request that began later has waited for longer, elsewhere.
      await expect(create(silentAgent())(server.url, { connectMs: 100 })).rejects.toThrow('within 100 ms');
      answer?.();
      expect((await both).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    });
  });

  describe('an agent for a proxy', () => {
    test('gets all requests of both protocols, the certificate checked for the name without its final dot', async () => {
      const proxy = resources.use(await startForwardProxy());
      const plain = await resources.start((req, res) => void res.end(req.headers.host));
      const secure = await startSecure((req, res) => void res.end(req.headers.host));
      const send = create(use(new HttpsProxyAgent(proxy.url)));
      const urls = [`http://api.invalid:${plain.port}`, `https://localhost.:${secure.server.port}`];
      for (const url of urls) {
        expect(await send(url, { tls: secure.tls })).toBe(new URL(url).host);
        expect(await send(url, { tls: secure.tls, freshConnection: true })).toBe(new URL(url).host);
      }
      expect([...new Set(proxy.asked)]).toEqual(urls.map((url) => `CONNECT ${new URL(url).host}`));
      expect([...new Set(secure.names)]).toEqual(['localhost']);
      await expect(send(`https://wrong.invalid:${secure.server.port}`, { tls: secure.tls })).rejects.toThrow(
        'altnames',
      );
    });
  });

  describe('refuses', () => {
    const secure = new https.Agent();
    const plain = new http.Agent();

    test.each<[string, object, string]>([
      [
        'what is no agent',
        { agent: 'http://proxy' },
        "option `agent`: expected an http.Agent or an object with `http` and `https`, got 'http://proxy'",
      ],
      [
        'options of an agent',
        { agent: { keepAlive: true } },
        'option `agent.keepAlive` is unknown; known are http, https',
      ],
      [
        'a pair of one kind',
        { agent: { http: secure, https: plain } },
        '2 problems:\n- option `agent.http`: expected an agent for http, got [object Object]\n- option `agent.https`: expected an agent for https, got [object Object]',
      ],
      ['HTTP/2, which would go past the agent', { agent: plain, http2: true }, 'option `http2`: goes past `agent`'],
      [
        'an unknown setting',
        { maxSockets: 3 },
        'option `maxSockets` is unknown; known are maxFreeSockets, keepAliveTimeoutMs, http2, localAddress, lookup, agent',
      ],
      [
        'times and numbers that are none',
        { keepAliveTimeoutMs: 0, maxFreeSockets: 1.5 },
        '2 problems:\n- option `maxFreeSockets`: expected a whole number from 1, or Infinity, got 1.5\n- option `keepAliveTimeoutMs`: expected milliseconds above 0 and up to 2147483647, or Infinity, got 0',
      ],
    ])('%s', (_, options, message) => {
      expect(() => createTransport(options)).toThrow(expect.objectContaining({ code: 'ERR_BRP_OPTIONS', message }));
    });
  });
});
