import { createServer } from 'node:http';
import { createBalancingProxy, type EndpointOption } from 'balancing-reverse-proxy';
import express from 'express';

const mebibyte = 1024 * 1024;

/** Small uploads that go to another server when one fails, and large ones that pass through without being kept. */
export function createUploads(
  endpoints: readonly EndpointOption[] = ['http://10.0.0.1:9000', 'http://10.0.0.2:9000'],
  { stalledMs = 120_000 } = {},
) {
  const common = { endpoints, strategy: 'failover', unsafeMethods: 'single' } as const;
  const avatars = createBalancingProxy({ ...common, bodyLimitBytes: 5 * mebibyte });
  const videos = createBalancingProxy({
    ...common,
    bodyLimitBytes: mebibyte,
    largeBody: 'stream',
    // An endpoint that has got gigabytes may think a while.
    timeouts: { responseMs: 110_000 },
  });
  const app = express();
  // Before any parser: multer, express.json() and the like would leave nothing of a multipart form to send.
  app.use('/avatars', avatars);
  app.use('/videos', videos);
  app.use(express.json());
  app.post('/comments', (req, res) => void res.json({ youSent: req.body }));

  const server = createServer(app);
  // Node ends every request that takes longer than 5 minutes to come, however well it goes.
  server.requestTimeout = 0;
  // Connections over which nothing moves are closed instead. A client that waits is silent, too: longer than `responseMs`.
  server.timeout = stalledMs;
  return { server, proxies: [avatars, videos] };
}

if (process.argv[1] === import.meta.filename) createUploads().server.listen(8080);
