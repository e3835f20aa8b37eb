import assert from 'node:assert/strict';
import dns, { type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBusy } from '../stage/busy-server.ts';
import { type ContractCase, failsWith } from '../stage/contract-case.ts';
import { answering, refusedUrl } from '../stage/servers.ts';
import { becomingIdle, ok, type Stage } from '../stage/stage.ts';

type LookupDone = (error: Error | null, addresses?: LookupAddress[]) => void;

/**
 * Puts a lookup of the case's own in the place of `dns.lookup`, until the case ends at the latest.
 * @returns the function that puts `dns.lookup` back.
 */
function replaceLookup(stage: Stage, lookup: (name: string, done: LookupDone) => void): () => void {
  const original = dns.lookup;
  const putBack = (): void => {
    dns.lookup = original;
  };
  stage.use({ close: putBack });
  const replaced = (name: string, _options: object, done: LookupDone): void => lookup(name, done);
  dns.lookup = replaced as typeof dns.lookup;
  return putBack;
}

const usesAgain: ContractCase = {
  name: 'uses a connection again',
  isForHttp2: true,
  async play(stage) {
    const server = await stage.start(answering(200, 'ok'));
    for (let i = 0; i < 3; i++) {
      await stage.ask(server.url);
      await becomingIdle();
    }
    assert.equal(server.accepted, 1);
  },
};

const usesFresh: ContractCase = {
  name: 'uses a fresh connection when asked to',
  async play(stage) {
    const server = await stage.start(answering(200, 'ok'));
    await stage.ask(server.url);
    await stage.ask(server.url, { freshConnection: true });
    assert.equal(server.accepted, 2);
  },
};

const reportsRefused: ContractCase = {
  name: 'reports a connection that is refused as one that never reached the endpoint',
  isForHttp2: true,
  play: async (stage) => failsWith(stage.send(await refusedUrl()), 'ERR_BRP_CONNECT'),
};

const reportsUnknownName: ContractCase = {
  name: 'reports a name without an address as one that never reached the endpoint',
  isForHttp2: true,
  play: (stage) => failsWith(stage.send('http://no-such-host.invalid'), 'ERR_BRP_CONNECT'),
};

const asksOnce: ContractCase = {
  name: 'asks once for a name that does not answer, and gives up in time on all requests that need it',
  async play(stage) {
    const asked: string[] = [];
    let fail: LookupDone = () => {};
    const putBack = replaceLookup(stage, (name, done) => {
      asked.push(name);
      fail = done;
    });
    const name = `silent-${performance.now()}.example`;
    const sending = Array.from({ length: 5 }, () => stage.send(`http://${name}`, { connectMs: 30 }));
    await Promise.all(sending.map((each) => failsWith(each, 'ERR_BRP_CONNECT_TIMEOUT')));
    assert.deepEqual(asked, [name]);
    putBack();
    fail(new Error('no answer'));
    const server = await stage.start(answering(200, 'ok'));
    assert.equal(await stage.ask(server.url.replace('127.0.0.1', 'localhost')), 'ok');
  },
};

/** For Linux, where a connection waits that a busy server has no room for. */
const waitsForSlowAddress: ContractCase = {
  name: 'lets `connectMs` alone decide when a name has an address that is slow and another that is no help',
  async play(stage) {
    const server = stage.use(await startBusy());
    const isAsked = Promise.withResolvers<void>();
    const putBack = replaceLookup(stage, (_, done) => {
      isAsked.resolve();
      const found = [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ];
      process.nextTick(done, null, found);
    });
    const asking = stage.ask(`http://slow-${performance.now()}.example:${server.port}`, { connectMs: 20_000 });
    await isAsked.promise;
    await becomingIdle();
    putBack();
    server.goOn();
    assert.equal(await asking, 'ok');
  },
};

const givesUpInTime: ContractCase = {
  name: 'gives up on a connection that is not set up in time',
  async play(stage) {
    // The backlog of a listener that accepts nothing is not fillable everywhere; a TLS handshake that hangs is.
    const silent = await stage.startTcp((socket) => void socket.resume());
    const sending = stage.send(silent.url.replace('http', 'https'), { connectMs: 30 });
    await failsWith(sending, 'ERR_BRP_CONNECT_TIMEOUT');
    await silent.idle();
  },
};

const reportsLost: ContractCase = {
  name: 'reports a connection that is closed without an answer as lost',
  play: async (stage) => failsWith(stage.send((await stage.startRaw('')).url), 'ERR_BRP_CONNECTION_LOST'),
};

const reportsStale: ContractCase = {
  name: 'reports a kept-alive connection that the endpoint closes on reuse as stale',
  async play(stage) {
    let requests = 0;
    const server = await stage.startTcp((socket) => {
      socket.on('data', () => (++requests === 1 ? socket.write(ok) : socket.destroy()));
    });
    await stage.ask(server.url);
    await becomingIdle();
    await failsWith(stage.send(server.url), 'ERR_BRP_STALE_CONNECTION');
  },
};

const reachesUnixSocket: ContractCase = {
  name: 'reaches a Unix socket',
  async play(stage) {
    const file = path.join(tmpdir(), `transport-${process.pid}-${Date.now()}.sock`);
    const server = http.createServer(answering(200, 'over the socket')).listen(file);
    await once(server, 'listening');
    stage.use({ close: () => new Promise((resolve) => server.close(resolve)) });
    assert.equal(await stage.ask(`http+unix://${encodeURIComponent(file)}/`), 'over the socket');
    await stage.transport.close();
  },
};

/** Cases about the connection that a request takes, and about connections that fail. */
export const connectionCases: readonly ContractCase[] = [
  usesAgain,
  usesFresh,
  reportsRefused,
  reportsUnknownName,
  asksOnce,
  ...(process.platform === 'linux' ? [waitsForSlowAddress] : []),
  givesUpInTime,
  reportsLost,
  reportsStale,
  reachesUnixSocket,
];
