import assert from 'node:assert/strict';
import https from 'node:https';
import { type ContractCase, failsWith } from '../stage/contract-case.ts';
import { answering, secondLoopback } from '../stage/servers.ts';
import { becomingIdle } from '../stage/stage.ts';
import { ofTheirOwn, startTwo } from './addresses.ts';

const fresh = { freshConnection: true };

const verifies: ContractCase = {
  name: 'speaks TLS and verifies the certificate',
  async play(stage) {
    const server = await stage.listen(https.createServer({ ...stage.certificate }, answering(200, 'secret')));
    const url = server.url.replace('http:', 'https:');
    await failsWith(stage.send(url), 'ERR_BRP_CONNECT');
    for (const tls of [{ ca: stage.certificate.cert }, { rejectUnauthorized: false }]) {
      assert.equal(await stage.ask(url, { tls }), 'secret');
      assert.equal(await stage.ask(url, { tls, ...fresh }), 'secret');
    }
    await stage.transport.close();
  },
};

const checksName = [
  ['a kept-alive connection', {}] as const,
  ...ofTheirOwn,
  ['a connection with the Host of the client', { headers: ['Host', 'client.example'] }] as const,
].map(
  ([what, parts]): ContractCase => ({
    name: `checks the certificate for the name of the URL, on ${what}`,
    async play(stage) {
      const names: unknown[] = [];
      const { port, first } = await startTwo(stage, (answer) =>
        https
          .createServer({ ...stage.certificate }, answer)
          .on('secureConnection', (socket) => names.push(socket.servername)),
      );
      const tls = { ca: stage.certificate.cert };
      for (const connectTo of ['127.0.0.1', secondLoopback]) {
        const answer = await stage.ask(`https://localhost:${port}`, { ...parts, tls, connectTo });
        assert.equal(answer, connectTo === '127.0.0.1' ? 'first' : 'second');
      }
      assert.deepEqual(names, ['localhost', 'localhost']);
      const connections = first.accepted;
      // The certificate is for 127.0.0.1, too, which must not matter.
      const wrong = stage.send(`https://api.internal:${port}`, { ...parts, tls, connectTo: '127.0.0.1' });
      await failsWith(wrong, 'ERR_BRP_CONNECT', /altnames/);
      assert.ok(first.accepted > connections, 'a connection for another name was used');
    },
  }),
);

const leavesDotOut = [['a kept-alive connection', {}] as const, ...ofTheirOwn].map(
  ([what, parts]): ContractCase => ({
    name: `leaves the final dot out of the name that TLS asks for, but not out of Host, on ${what}`,
    async play(stage) {
      const names: unknown[] = [];
      const server = await stage.listen(
        https
          .createServer({ ...stage.certificate }, (req, res) => void res.end(req.headers.host))
          .on('secureConnection', (socket) => names.push(socket.servername)),
      );
      const host = `localhost.:${server.port}`;
      const tls = { ca: stage.certificate.cert };
      const sent = { headers: ['Host', host], ...parts };
      const answer = await stage.ask(`https://${host}`, { ...sent, tls, connectTo: '127.0.0.1' });
      assert.equal(answer, sent.headers[1]);
      assert.deepEqual(names, ['localhost']);
    },
  }),
);

const checksAddress = [['a request', {}] as const, ['a request over a fresh connection', fresh] as const].map(
  ([what, parts]): ContractCase => ({
    name: `checks the certificate for the IP address of the URL, which is no name to ask for, on ${what}`,
    async play(stage) {
      const names: unknown[] = [];
      const server = await stage.listen(
        https
          .createServer({ ...stage.certificate }, answering(200, 'ok'))
          .on('secureConnection', (socket) => names.push(socket.servername)),
        { host: secondLoopback },
      );
      const sent = { ...parts, tls: { ca: stage.certificate.cert }, connectTo: secondLoopback };
      assert.equal(await stage.ask(`https://127.0.0.1:${server.port}`, sent), 'ok');
      await becomingIdle();
      const wrong = stage.send(`https://127.0.0.3:${server.port}`, sent);
      await failsWith(wrong, 'ERR_BRP_CONNECT', /altnames/);
      assert.equal(names[0], false);
    },
  }),
);

const resumesSession: ContractCase = {
  name: 'resumes the TLS session of its own endpoint',
  async play(stage) {
    const resumed: boolean[] = [];
    const { port } = await startTwo(stage, (answer) =>
      https
        .createServer({ ...stage.certificate }, (req, res) => answer(req, res.setHeader('Connection', 'close')))
        .on('secureConnection', (socket) => resumed.push(socket.isSessionReused())),
    );
    const tls = { ca: stage.certificate.cert };
    for (const connectTo of ['127.0.0.1', secondLoopback, '127.0.0.1', secondLoopback]) {
      const answer = await stage.ask(`https://localhost:${port}`, { tls, connectTo });
      assert.equal(answer, connectTo === '127.0.0.1' ? 'first' : 'second');
      await becomingIdle();
    }
    assert.deepEqual(resumed, [false, false, true, true]);
  },
};

/** Cases about the certificates that a transport trusts. */
export const certificateCases: readonly ContractCase[] = [
  verifies,
  ...checksName,
  ...leavesDotOut,
  ...checksAddress,
  resumesSession,
];
