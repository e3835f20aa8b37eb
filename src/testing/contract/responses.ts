import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { type ContractCase, failsWith } from '../stage/contract-case.ts';
import { answering } from '../stage/servers.ts';

const givesEmptyReasons = ['HTTP/1.1 200 ', 'HTTP/1.1 200'].map(
  (line): ContractCase => ({
    name: `gives the empty reason phrase of ${JSON.stringify(line)} as it came`,
    async play(stage) {
      const server = await stage.startRaw(`${line}\r\nContent-Length: 0\r\n\r\n`);
      assert.equal((await stage.send(server.url)).statusText, '');
    },
  }),
);

const givesHeadAndTrailers: ContractCase = {
  name: 'gives status, reason phrase, headers with case and repeats, and trailers',
  async play(stage) {
    const head = 'HTTP/1.1 299 Fine Indeed\r\nX-B: 1\r\nx-a: \u00ff\r\nX-B: 2\r\nTransfer-Encoding: chunked\r\n\r\n';
    const server = await stage.startRaw(`${head}2\r\nok\r\n0\r\nX-T: t\r\n\r\n`);
    const response = await stage.send(server.url);
    assert.deepEqual([response.status, response.statusText], [299, 'Fine Indeed']);
    assert.deepEqual([...response.headers].slice(0, 6), ['X-B', '1', 'x-a', '\u00ff', 'X-B', '2']);
    assert.equal(await text(response.body), 'ok');
    assert.deepEqual([...response.trailers()], ['X-T', 't']);
  },
};

const changesNothing: ContractCase = {
  name: 'neither follows a redirect nor decompresses nor rejects a bad status',
  isForHttp2: true,
  async play(stage) {
    const moved = { Location: '/x', 'Content-Encoding': 'gzip' };
    const server = await stage.start((_, res) => res.writeHead(302, moved).end('raw'));
    const response = await stage.send(server.url);
    assert.deepEqual([response.status, await text(response.body)], [302, 'raw']);
    const failing = await stage.start(answering(503, 'no'));
    assert.equal((await stage.send(failing.url)).status, 503);
  },
};

const endsBodyless = [204, 304].map(
  (status): ContractCase => ({
    name: `ends the body of a ${status} at once whatever its headers say`,
    async play(stage) {
      const length = status === 304 ? 'Content-Length: 5\r\n' : '';
      const server = await stage.startRaw(`HTTP/1.1 ${status} X\r\n${length}\r\n`);
      assert.equal(await stage.ask(server.url), '');
    },
  }),
);

/** Bytes that are no HTTP response. */
const garbage = [
  'SSH-2.0-OpenSSH\r\n\r\n',
  'HTTP/1.1 2x0 OK\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
];

const reportsGarbage = garbage.map(
  (bytes): ContractCase => ({
    name: `reports garbage as a bad response: ${JSON.stringify(bytes)}`,
    play: async (stage) => failsWith(stage.send((await stage.startRaw(bytes)).url), 'ERR_BRP_BAD_RESPONSE'),
  }),
);

/** Cases about how a response comes in. */
export const responseCases: readonly ContractCase[] = [
  ...givesEmptyReasons,
  givesHeadAndTrailers,
  changesNothing,
  ...endsBodyless,
  ...reportsGarbage,
];
