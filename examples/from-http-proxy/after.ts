import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';

export function createAfter(endpoints: readonly string[] = ['http://api.internal:3000']) {
  const proxy = createBalancingProxy({
    endpoints,
    unsafeMethods: 'single',
    timeouts: { responseMs: 10_000, idleMs: 10_000 },
    locationRewrite: true,
    cookieDomainRewrite: '',
    rewriteRequest: () => ({ 'X-Gateway': 'one' }),
    rewriteResponse: () => ({ 'X-Powered-By': undefined }),
  });
  const server = http.createServer(proxy).on('upgrade', proxy.upgrade);
  return { server, close: () => proxy.close() };
}
