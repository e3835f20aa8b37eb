import http from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import { createBalancingProxy, type InspectedResponse } from 'balancing-reverse-proxy';

/** JSON-RPC codes with which an endpoint says that it could not: method unknown, limit exceeded, internal error. */
const refusals: ReadonlySet<unknown> = new Set([-32601, -32005, -32603, 429]);

/** Whether JSON answers the question. 'execution reverted' does: every other endpoint would say the same. */
export function isAnswer(json: unknown): boolean {
  const items = [json].flat() as Array<{ readonly error?: { readonly code?: unknown } } | null | undefined>;
  return !items.some((item) => refusals.has(item?.error?.code));
}

type Decoder = (body: Buffer, limits: { readonly maxOutputLength: number }) => Promise<Buffer>;

const decoders = new Map<string, Decoder>([
  ['identity', async (body) => body],
  ['gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * The JSON of a response; undefined where it is not known: another type or coding, or a body longer than 64 KiB (`holdBytes`).
 * @throws SyntaxError when it is no JSON
 */
export async function jsonOf(response: InspectedResponse): Promise<unknown> {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = response.headers;
  const decode = decoders.get(coding);
  if (!/[/+]json\b/i.test(type) || !decode) return undefined;
  const body = await response.body();
  return response.isWhole ? JSON.parse(String(await decode(body, { maxOutputLength: 1_048_576 }))) : undefined;
}

/** A proxy that asks the next endpoint when one answers 200 and means an error of its own. */
export function createJsonProxy(endpoints = ['http://127.0.0.1:3001', 'http://127.0.0.1:3002'], accepts = isAnswer) {
  return createBalancingProxy({
    endpoints,
    strategy: 'failover',
    isUsable: (response) => jsonOf(response).then(accepts, () => false),
    // Compressed bodies come without a length. Nobody can use half of a JSON text, so that waiting for all of it costs nothing.
    holdMs: Infinity,
    timeouts: { responseMs: 10_000, idleMs: 5_000 },
  });
}

if (process.argv[1] === import.meta.filename) http.createServer(createJsonProxy()).listen(8080);
