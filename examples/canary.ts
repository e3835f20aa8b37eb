import { createHash } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import { type BalancingProxy, createBalancingProxy, type EndpointOptions } from 'balancing-reverse-proxy';

/** Whether a client is in the share: always the same ones, and only with requests that change nothing, since both versions may get them. */
function isInShare(req: IncomingMessage, share: number): boolean {
  if (req.method !== 'GET' && req.method !== 'HEAD') return false;
  const [client = ''] = /session=[^;]+/.exec(req.headers.cookie ?? '') ?? [req.socket.remoteAddress];
  return createHash('sha256').update(client).digest().readUInt32BE() < share * 2 ** 32;
}

const stable: EndpointOptions = { name: 'stable', url: 'http://127.0.0.1:3001' };
const next: EndpointOptions = { name: 'next', url: 'http://127.0.0.1:3002', timeouts: { responseMs: 1_000 } };

/** The new version answers a share of the clients. Where it fails, the old one answers within the same request. */
export function createCanary(share = 0.05, versions = { stable, next }, report = console.log) {
  const proxy = createBalancingProxy({
    endpoints: (req) => (isInShare(req, share) ? [versions.next, versions.stable] : [versions.stable]),
    strategy: 'failover',
  });
  return reporting(proxy, report);
}

/** The new version gets copies of a share of the requests. No client gets its answers, nor waits for them. */
export function createShadow(share = 0.05, versions = { stable, next }, report = console.log) {
  const proxy = createBalancingProxy({
    endpoints: (req) => (isInShare(req, share) ? [versions.stable, versions.next] : [versions.stable]),
    // Both are asked at once, and the copy goes on when the client has its answer.
    strategy: 'race',
    loserGraceMs: Infinity,
    // Nor does it go on with a body of the old version that breaks off.
    resume: 'off',
    isUsable: async (response, { endpoint }) => {
      if (endpoint === versions.stable.name) return true;
      await response.body();
      // Of responses that are merely not usable, the client gets one for want of a better one. Of failed attempts it does not.
      throw new Error('a copy is for nobody');
    },
  });
  return reporting(proxy, report);
}

/** Reports each request to which both versions gave different statuses. */
function reporting(proxy: BalancingProxy, report: (line: string) => void): BalancingProxy {
  proxy.subscribe(
    (event) => {
      if (event.type !== 'request-ended') return;
      const statuses = new Set(event.attempts.map(({ status }) => status));
      if (statuses.size < 2) return;
      const each = event.attempts.map(
        ({ endpoint, status, durationMs }) => `${endpoint} ${status ?? 'nothing'} in ${Math.round(durationMs)} ms`,
      );
      report(`${event.method} ${event.url}: ${each.join(', ')}`);
    },
    ['request-ended'],
  );
  return proxy;
}

if (process.argv[1] === import.meta.filename) http.createServer(createCanary()).listen(8080);
