import { type BalancingProxyOptions, createBalancingProxy } from 'balancing-reverse-proxy';
import express from 'express';

/** A shop whose servers know nothing of the host and the path under which browsers have it. */
export function createShop(
  endpoints: readonly string[] = ['http://a.internal:8080/v1', 'http://b.internal:8080/v1'],
  { isSecure = true } = {},
) {
  const proxy = createBalancingProxy({
    endpoints,
    strategy: 'failover',
    unsafeMethods: 'single',
    // `Domain=a.internal` would have browsers drop the cookie; without one it is for the host that they asked.
    cookieDomainRewrite: '',
    cookiePathRewrite: { '/v1': '/shop', '/': '/shop' },
    locationRewrite: true,
    rewriteResponse: isSecure ? undefined : withoutSecure,
  });
  const app = express();
  app.use('/shop', proxy);
  return { app, proxy };
}

/** Without TLS, as in development, browsers refuse cookies that are only for TLS. */
const withoutSecure: BalancingProxyOptions['rewriteResponse'] = ({ 'set-cookie': cookies }) =>
  cookies && { 'Set-Cookie': cookies.map((cookie) => cookie.replace(/;\s*secure\b/i, '')) };

if (process.argv[1] === import.meta.filename) createShop().app.listen(8080);
