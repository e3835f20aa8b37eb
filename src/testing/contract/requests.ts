import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import type { UpstreamRequest } from '../../transports/message/transport.ts';
import { type ContractCase, failsWith } from '../stage/contract-case.ts';
import { answering } from '../stage/servers.ts';
import { ok } from '../stage/stage.ts';
import { upstreamRequest } from '../stage/upstream-request.ts';

/** Requests that no transport can send, by what is wrong with them. */
export const unsendable: ReadonlyArray<readonly [what: string, request: Partial<UpstreamRequest>]> = [
  ['a space in the target', { target: '/a b' }],
  ['a character in the target', { target: '/\u20ac' }],
  ['a control character in the target', { target: '/\x01' }],
  ['a method that is no word', { method: 'F O' }],
  ['a control character in a header', { headers: ['Host', 'h', 'X-A', 'a\x01b'] }],
  ['a character in a header', { headers: ['Host', 'h', 'X-A', '\u20ac'] }],
  ['a header whose name is no word', { headers: ['Host', 'h', 'X A', 'a'] }],
];

/** Heads that have to go out byte for byte; `HOST` stands for the host of the endpoint. */
const exact: ReadonlyArray<readonly [what: string, request: Partial<UpstreamRequest>, head: string]> = [
  ['a plain GET', {}, 'GET / HTTP/1.1\r\nHost: HOST\r\n'],
  [
    'a target that a URL parser would change',
    { target: '/a/../b//%2e?x=|"<>\\z' },
    'GET /a/../b//%2e?x=|"<>\\z HTTP/1.1\r\n',
  ],
  [
    'bytes above 127',
    { target: '/\u00e9', headers: ['Host', 'h', 'X-Byte', '\u00ff'] },
    'GET /\u00e9 HTTP/1.1\r\nHost: h\r\nX-Byte: \u00ff\r\n',
  ],
  [
    'header case, order and repeats',
    { headers: ['hOST', 'h', 'X-b', '1', 'x-A', '2', 'X-b', '3'] },
    'GET / HTTP/1.1\r\nhOST: h\r\nX-b: 1\r\nx-A: 2\r\nX-b: 3\r\n',
  ],
  ['the asterisk form', { method: 'OPTIONS', target: '*' }, 'OPTIONS * HTTP/1.1\r\n'],
];

/** A head without what is left to the transport: the case of `Host`, and where `Connection` stands. */
function withPlainHost(head: string): string {
  return head.replace(/^host:/im, 'Host:').replace(/^connection:.*\r\n/im, '');
}

const sendsAsItIs = exact.map(
  ([what, parts, head]): ContractCase => ({
    name: `sends ${what} as it is`,
    async play(stage) {
      const server = await stage.startRaw(ok);
      const headers = parts.headers ?? upstreamRequest(server.url).headers;
      await stage.ask(server.url, { ...parts, headers });
      const expected = withPlainHost(head.replace('HOST', new URL(server.url).host));
      assert.ok(withPlainHost(server.bytes()).includes(expected), `${expected} is not in ${server.bytes()}`);
    },
  }),
);

const addsNoHeader: ContractCase = {
  name: 'adds no header of its own but Connection',
  async play(stage) {
    const server = await stage.startRaw(ok);
    await stage.ask(server.url);
    const lines = server.bytes().split('\r\n').slice(1).filter(Boolean);
    const names = lines.map((line) => line.split(':')[0]?.toLowerCase());
    assert.deepEqual(
      names.filter((name) => name !== 'connection' && name !== 'keep-alive'),
      ['host'],
    );
  },
};

const methods = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'PROPFIND', 'QUERY'];
const withBody = ['POST', 'GET', 'DELETE', 'QUERY', 'PATCH'];

const sendsWithoutFraming = methods.map(
  (method): ContractCase => ({
    name: `sends ${method} without a body without framing headers of its own`,
    async play(stage) {
      const server = await stage.startRaw(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : ok);
      await stage.ask(server.url, { method });
      assert.doesNotMatch(server.bytes(), /transfer-encoding/i);
      assert.doesNotMatch(server.bytes(), /content-length: [1-9]/i);
      assert.match(server.bytes(), /\r\n\r\n$/);
    },
  }),
);

const sendsBody = withBody.map(
  (method): ContractCase => ({
    name: `sends the body of a ${method} byte for byte`,
    isForHttp2: true,
    async play(stage) {
      const sent = Buffer.alloc(300_000, 'body');
      const server = await stage.start(async (req, res) => {
        res.end(String((await buffer(req)).equals(sent)));
      });
      const headers = ['Host', 'h', 'Content-Length', String(sent.length)];
      assert.equal(await stage.ask(server.url, { method, headers, body: sent }), 'true');
    },
  }),
);

const sendsEmptyBody: ContractCase = {
  name: 'sends an empty body with its Content-Length',
  async play(stage) {
    const server = await stage.startRaw(ok);
    const headers = ['Host', 'h', 'Content-Length', '0'];
    await stage.send(server.url, { method: 'POST', headers, body: Buffer.alloc(0) });
    assert.match(server.bytes(), /content-length: 0\r\n/i);
  },
};

const refusesUnsendable = unsendable.map(
  ([what, parts]): ContractCase => ({
    name: `reports what cannot be sent as such, and asks nobody: ${what}`,
    async play(stage) {
      const server = await stage.start(answering(200, 'ok'));
      for (const freshConnection of [false, true]) {
        await failsWith(stage.send(server.url, { ...parts, freshConnection }), 'ERR_BRP_UNSENDABLE');
      }
      assert.equal(server.accepted, 0);
    },
  }),
);

/** Cases about how a request goes out. */
export const requestCases: readonly ContractCase[] = [
  ...sendsAsItIs,
  addsNoHeader,
  ...sendsWithoutFraming,
  ...sendsBody,
  sendsEmptyBody,
  ...refusesUnsendable,
];
