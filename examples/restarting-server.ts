import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';

/** A proxy that lets clients wait, 5 seconds at most, while the server behind it restarts. */
export function createWaitingProxy(endpoint = 'http://127.0.0.1:3000') {
  return createBalancingProxy({ endpoints: [endpoint], retry: { forMs: 5_000 } });
}

if (process.argv[1] === import.meta.filename) http.createServer(createWaitingProxy()).listen(8080);
