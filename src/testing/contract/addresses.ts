import assert from 'node:assert/strict';
import http, { type RequestListener } from 'node:http';
import type { Server } from 'node:net';
import type { UpstreamRequest } from '../../transports/message/transport.ts';
import { type ContractCase, failsWith } from '../stage/contract-case.ts';
import { answering, secondLoopback, type TestServer } from '../stage/servers.ts';
import { becomingIdle, type Stage } from '../stage/stage.ts';

/** Two endpoints with the same URL, at two addresses, which answer `first` and `second`. */
export interface TwoEndpoints {
  /** The port of both. */
  readonly port: number;
  /** At 127.0.0.1. */
  readonly first: TestServer;
  /** At {@link secondLoopback}. */
  readonly second: TestServer;
}

/** Starts two endpoints with the same URL. */
export async function startTwo(
  stage: Stage,
  create: (answer: RequestListener) => Server = http.createServer,
): Promise<TwoEndpoints> {
  const first = await stage.listen(create(answering(200, 'first')));
  const place = { host: secondLoopback, port: first.port };
  const second = await stage.listen(create(answering(200, 'second')), place);
  return { port: first.port, first, second };
}

/** Requests that get a connection of their own. */
export const ofTheirOwn: ReadonlyArray<readonly [what: string, parts: Partial<UpstreamRequest>]> = [
  ['a fresh connection', { freshConnection: true }],
  ['a connection for an upgrade', { headers: ['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', 'none'] }],
];

const ways: typeof ofTheirOwn = [
  ['a kept-alive connection', {}],
  ...ofTheirOwn,
  ['a connection for the asterisk form', { method: 'OPTIONS', target: '*' }],
];

const goesToAddress = ways.map(
  ([what, parts]): ContractCase => ({
    name: `connects to the address, whatever the host name resolves to, with ${what}`,
    async play(stage) {
      const { port } = await startTwo(stage);
      for (const url of [`http://no-such-host.invalid:${port}`, `http://localhost:${port}`]) {
        assert.equal(await stage.ask(url, { ...parts, connectTo: '127.0.0.1' }), 'first');
        assert.equal(await stage.ask(url, { ...parts, connectTo: secondLoopback }), 'second');
      }
    },
  }),
);

const sharesNoConnection: ContractCase = {
  name: 'shares no connection between endpoints with the same URL, and uses their own again',
  async play(stage) {
    const { port, first, second } = await startTwo(stage);
    const ask = async (connectTo: string) => {
      const answer = await stage.ask(`http://localhost:${port}`, { connectTo });
      await becomingIdle();
      return answer;
    };
    for (let i = 0; i < 3; i++) {
      assert.equal(await ask('127.0.0.1'), 'first');
      assert.equal(await ask(secondLoopback), 'second');
    }
    assert.deepEqual([first.accepted, second.accepted], [1, 1]);
  },
};

const reportsRefusedAddress: ContractCase = {
  name: 'reports an address that is refused as one that never reached the endpoint, though the name leads to it',
  async play(stage) {
    const server = await stage.start(answering(200, 'ok'));
    const sending = stage.send(server.url.replace('127.0.0.1', 'localhost'), { connectTo: secondLoopback });
    await failsWith(sending, 'ERR_BRP_CONNECT');
  },
};

/** Cases about an IP address to connect to. */
export const addressCases: readonly ContractCase[] = [...goesToAddress, sharesNoConnection, reportsRefusedAddress];
