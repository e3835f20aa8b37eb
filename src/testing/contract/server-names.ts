import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { type ContractCase, failsWith } from '../stage/contract-case.ts';
import { answering, secondLoopback, type TestServer } from '../stage/servers.ts';
import { becomingIdle, type Stage } from '../stage/stage.ts';
import { ofTheirOwn } from './addresses.ts';

/** An https endpoint that speaks both protocols, and the names that it was asked for in handshakes. */
interface NamedEndpoint {
  readonly server: TestServer;
  readonly names: unknown[];
}

async function startNamed(stage: Stage, host = '127.0.0.1'): Promise<NamedEndpoint> {
  const names: unknown[] = [];
  const server = http2
    .createSecureServer({ ...stage.certificate, allowHTTP1: true }, answering(200, 'ok') as never)
    .on('secureConnection', (socket) => names.push(socket.servername));
  return { server: await stage.listen(server, { host }), names };
}

const ways = [['a kept-alive connection', {}] as const, ...ofTheirOwn];

const asksForName = ways.map(
  ([what, parts]): ContractCase => ({
    name: `asks for \`tls.servername\` in the place of the URL's host name or address, on ${what}`,
    isForHttp2: true,
    async play(stage) {
      const tls = { ca: stage.certificate.cert, servername: 'localhost' };
      for (const host of ['127.0.0.1', 'api.internal', '10.0.0.1']) {
        const { server, names } = await startNamed(stage);
        const connectTo = host === '127.0.0.1' ? {} : { connectTo: '127.0.0.1' };
        assert.equal(await stage.ask(`https://${host}:${server.port}`, { ...parts, ...connectTo, tls }), 'ok');
        assert.deepEqual(new Set(names), new Set(['localhost']));
      }
    },
  }),
);

const checksName = ways.map(
  ([what, parts]): ContractCase => ({
    name: `checks the certificate for \`tls.servername\`, on ${what}`,
    isForHttp2: true,
    async play(stage) {
      const { server } = await startNamed(stage);
      const ca = stage.certificate.cert;
      const url = `https://127.0.0.1:${server.port}`;
      assert.equal(await stage.ask(url, { ...parts, tls: { ca } }), 'ok');
      await becomingIdle();
      // The certificate is for 127.0.0.1, too, which must not matter.
      const wrong = stage.send(url, { ...parts, tls: { ca, servername: 'api.internal' } });
      await failsWith(wrong, 'ERR_BRP_CONNECT', /altnames/);
    },
  }),
);

const sharesNoConnection: ContractCase = {
  name: 'shares no connection between endpoints at one address with different `tls`, and uses their own again',
  isForHttp2: true,
  async play(stage) {
    const { server, names } = await startNamed(stage, secondLoopback);
    const ca = stage.certificate.cert;
    const [trusting, naming, careless] = [{ ca }, { ca, servername: 'localhost' }, { rejectUnauthorized: false }];
    const ask = async (tls: object | undefined) => {
      const answer = await stage.ask(`https://localhost:${server.port}`, { tls, connectTo: secondLoopback });
      await becomingIdle();
      return answer;
    };
    for (let i = 0; i < 3; i++) for (const tls of [trusting, naming, careless]) assert.equal(await ask(tls), 'ok');
    assert.equal(names.length, 3);
    await failsWith(ask(undefined), 'ERR_BRP_CONNECT');
  },
};

const usesAgain: ContractCase = {
  name: 'uses a connection again to an endpoint with an IP address, another address to connect to, and `tls.servername`',
  isForHttp2: true,
  async play(stage) {
    const { server, names } = await startNamed(stage);
    const tls = { ca: stage.certificate.cert, servername: 'localhost' };
    for (let i = 0; i < 3; i++) {
      assert.equal(await stage.ask(`https://10.0.0.1:${server.port}`, { tls, connectTo: '127.0.0.1' }), 'ok');
      await becomingIdle();
    }
    assert.deepEqual(names, ['localhost']);
  },
};

/** Cases about the names that TLS asks for, and about connections of different `tls`. */
export const serverNameCases: readonly ContractCase[] = [...asksForName, ...checksName, sharesNoConnection, usesAgain];
