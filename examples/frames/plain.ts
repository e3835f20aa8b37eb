import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';

/** No frame at all, for Node, Deno (`deno run -A plain.ts`) and Bun (`bun plain.ts`): all that comes is raced over the endpoints. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  return http.createServer(proxy).on('upgrade', proxy.upgrade);
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
