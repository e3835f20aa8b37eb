import type { IncomingMessage } from 'node:http';
import { createBalancingProxy, type EndpointOption } from 'balancing-reverse-proxy';
import express from 'express';
import { isAnswer, jsonOf } from './json-errors.ts';

/** Methods that any node may be asked, and more than one. What is not in here, such as a method that is new, counts as a write. */
const reads =
  /^(eth_(call|chainId|syncing|estimateGas|createAccessList|blockNumber|gasPrice|feeHistory|get(?!Filter|Work)\w+)|net_\w+)$/;

interface Call {
  readonly method?: unknown;
}

/** Whether a request reads only; a batch does when each of its calls does. */
function isRead(req: IncomingMessage & { readonly body?: unknown }): boolean {
  return ([req.body].flat() as Array<Call | null | undefined>).every((call) => reads.test(String(call?.method)));
}

/** Whether nothing in a response is `null`, as a node that lags says of a block or transaction that it has not got yet. */
function isFound(json: unknown): boolean {
  return ([json].flat() as Array<{ readonly result?: unknown } | null>).every((item) => item?.result !== null);
}

/** Names keep the keys in the URLs out of log and events. */
const nodes: EndpointOption[] = [
  { name: 'one', url: 'https://one.example/v1/key' },
  { name: 'two', url: 'https://two.example/key' },
];

/** A gateway to nodes of one chain: reads are hedged, and a transaction goes to one node. */
export function createEthereumGateway(endpoints = nodes) {
  const proxy = createBalancingProxy({
    endpoints,
    strategy: (req) => (isRead(req) ? 'hedge' : 'single'),
    hedge: { budgetRatio: 0.05 },
    terminalStatuses: '!429',
    isUsable: (response) =>
      jsonOf(response).then(
        (json) => isAnswer(json) && isFound(json),
        () => false,
      ),
    holdMs: Infinity,
    timeouts: { connectMs: 1_000, responseMs: 10_000, totalMs: 20_000 },
  });
  const app = express();
  // The bytes are kept for the nodes: written anew, numbers beyond 2^53 would be other numbers.
  const verify = (req: IncomingMessage, _: unknown, rawBody: Buffer) => void Object.assign(req, { rawBody });
  app.use(express.json({ type: () => true, limit: '1mb', verify }));
  return app.use(proxy);
}

if (process.argv[1] === import.meta.filename) createEthereumGateway().listen(8545, '127.0.0.1');
