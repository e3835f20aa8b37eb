import http, { type RequestListener } from 'node:http';
import { createEthereumGateway } from '../../examples/ethereum.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { answering, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const json = (body: string): RequestListener => answering(200, body, { 'Content-Type': 'application/json' });
const saying = (result: string) => json(`{"jsonrpc":"2.0","id":1,"result":${result}}`);
const failing = (code: number, message: string) =>
  json(`{"jsonrpc":"2.0","id":1,"error":{"code":${code},"message":"${message}"}}`);

async function serveGateway(urls: readonly string[]): Promise<string> {
  return (await resources.listen(http.createServer(createEthereumGateway([...urls])))).url;
}

/** Serves a gateway to nodes that answer so. */
async function serve(...listeners: readonly RequestListener[]) {
  const nodes = await Promise.all(listeners.map((listener) => resources.start(listener)));
  const url = await serveGateway(nodes.map((node) => node.url));
  return { url, asked: () => nodes.map((node) => node.asked()) };
}

const call = (url: string, ...methods: string[]) => {
  const calls = methods.map((method, id) => ({ jsonrpc: '2.0', id, method, params: [] }));
  return request(url, { method: 'POST', body: JSON.stringify(calls.length === 1 ? calls[0] : calls) });
};

describe('the recipe of Ethereum JSON-RPC', () => {
  test.each<[string, RequestListener]>([
    ['has lagged behind', saying('null')],
    [
      'is over its limit, and says so later than its head',
      (_req, res) => {
        res.setHeader('Content-Type', 'application/json').flushHeaders();
        later(300, () => res.end('{"error":{"code":-32005}}'));
      },
    ],
    ['is over its limit', failing(-32005, 'limit exceeded')],
    ['says 429', answering(429, 'slow down')],
    ['fails', answering(500, 'out of order')],
  ])('asks another node for a read when one %s', async (_, listener) => {
    const { url } = await serve(listener, saying('"0x1"'));
    expect(JSON.parse((await call(url, 'eth_getTransactionReceipt')).text)).toMatchObject({ result: '0x1' });
  });

  test('takes a revert for the answer', async () => {
    const { url, asked } = await serve(failing(3, 'execution reverted'), saying('"0x1"'));
    expect((await call(url, 'eth_call')).text).toContain('execution reverted');
    expect(asked()).toEqual([1, 0]);
  });

  test('gives null when no node has it', async () => {
    const { url, asked } = await serve(saying('null'), saying('null'));
    expect(JSON.parse((await call(url, 'eth_getTransactionReceipt')).text)).toMatchObject({ result: null });
    expect(asked()).toEqual([1, 1]);
  });

  test('judges a batch as a whole', async () => {
    const lagging = json('[{"id":0,"result":"0x1"},{"id":1,"result":null}]');
    const { url } = await serve(lagging, json('[{"id":0,"result":"0x1"},{"id":1,"result":{}}]'));
    expect(JSON.parse((await call(url, 'eth_chainId', 'eth_getBlockByNumber')).text)[1]).toEqual({ id: 1, result: {} });
  });

  test.each([
    ['eth_sendRawTransaction'],
    ['eth_newFilter'],
    ['eth_getFilterChanges'],
    ['evm_brandNew'],
    ['eth_chainId', 'eth_sendRawTransaction'],
  ])('sends %s %s to no second node after an error', async (...methods) => {
    const { url, asked } = await serve(failing(-32603, 'internal error'), saying('"0x1"'));
    expect((await call(url, ...methods)).text).toContain('internal error');
    expect(asked()).toEqual([1, 0]);
  });

  test('sends a transaction to the second node when the first one surely has not got it', async () => {
    const node = await resources.start(saying('"0xhash"'));
    const url = await serveGateway([await refusedUrl(), node.url]);
    expect((await call(url, 'eth_sendRawTransaction')).text).toContain('0xhash');
    expect(node.asked()).toBe(1);
  });

  test('sends the bytes of the client', async () => {
    const seen: string[] = [];
    const { url } = await serve(async (req, res) => {
      seen.push((await readAll(req)).text);
      saying('"0x1"')(req, res);
    });
    const body = '{ "id": 9007199254740993, "method": "eth_chainId" }';
    await request(url, { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } });
    expect(seen).toEqual([body]);
  });

  test('starts a second attempt for no read that is answered', async () => {
    const { url, asked } = await serve(saying('"0x1"'), saying('"0x2"'));
    await call(url, 'eth_blockNumber');
    expect(asked().reduce((sum, count) => sum + count)).toBe(1);
  });
});
