import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { answer } from './answer.ts';

// A server of ours: node:http2 over TLS, or node:http to stand behind other servers. It says when it listens.

export interface OriginSettings {
  readonly host: string;
  readonly port: number;
  /** Milliseconds until it looks at a request. */
  readonly delayMs?: number;
  /** PEM files; without them it speaks HTTP/1.1 in the clear. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

const { host, port, delayMs = 0, tls }: OriginSettings = JSON.parse(process.argv[2] ?? '{}');

function serve(req: http.IncomingMessage, res: http.ServerResponse): void {
  res.on('error', () => {});
  // The client may leave within its upload.
  setTimeout(() => answer(req, res).catch(() => res.destroy()), delayMs);
}

const server = tls
  ? http2.createSecureServer(
      { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile), allowHTTP1: true },
      // The compatibility API is meant to be taken for node:http's; its types do not say so.
      (req, res) => serve(req as never, res as never),
    )
  : http.createServer({ keepAliveTimeout: 0 }, serve);
server.listen(port, host, () => process.send?.('listening'));
process.on('disconnect', () => process.exit());
// What is under way is finished.
process.on('SIGTERM', () => server.close(() => process.exit()));
