import { createBalancingProxy } from 'balancing-reverse-proxy';
import { interceptResponse } from 'balancing-reverse-proxy/intercept';
import express from 'express';

/** Pages of a site: those that its servers do not have are the app's own. */
export function createSite(endpoints: readonly string[] = ['http://pages.internal:3000'], folder = 'public') {
  const proxy = createBalancingProxy({
    endpoints,
    // proxyReqPathResolver
    pathRewrite: (path) => `/site${path}`,
    // proxyReqOptDecorator
    rewriteRequest: () => ({ 'X-Gateway': 'one' }),
    // userResHeaderDecorator
    rewriteResponse: () => ({ 'Cache-Control': 'no-store' }),
    // skipToNextHandlerFilter: (response) => response.statusCode === 404
    terminalStatuses: '!404',
    fallthrough: true,
  });
  // userResDecorator
  const rename = (body: Buffer) => ({ body: body.toString().replaceAll('pages.internal', 'www.example.com') });
  const pages = interceptResponse(proxy, rename);
  const app = express();
  // filter
  app.use((req, res, next) => (req.method === 'GET' ? pages(req, res, next) : next()));
  app.use(express.static(folder));
  return { app, proxy };
}

if (process.argv[1] === import.meta.filename) createSite().app.listen(8080);
