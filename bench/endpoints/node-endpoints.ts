import { readFileSync } from 'node:fs';
import { forkNode } from '../processes/children.ts';
import { type EndpointKind, type Endpoints, endpointCounts } from './endpoint-kind.ts';
import type { EndpointsReply, EndpointsRequest } from './endpoint-process.ts';
import type { Site } from './site.ts';

/** Starts endpoints of these kinds in one process of Node. */
export async function startNodeEndpoints(site: Site, kinds: readonly EndpointKind[]): Promise<Endpoints> {
  const child = forkNode(new URL('./endpoint-process.ts', import.meta.url), []);
  const ask = async (request: EndpointsRequest): Promise<EndpointsReply> =>
    (await child.ask(request)) as EndpointsReply;
  const started = await ask({
    type: 'start',
    kinds: kinds.flatMap((kind) => Array<EndpointKind>(endpointCounts[kind]).fill(kind)),
    publicFolder: site.publicFolder,
    cert: site.cert,
    key: readFileSync(site.keyFile, 'utf8'),
  });
  const urls = started.type === 'started' ? started.urls : [];
  return {
    urls: Object.groupBy(
      urls.map(({ url }) => url),
      (_, index) => urls[index]?.kind ?? 'fast',
    ),
    acceptedConnections: async () => {
      const reply = await ask({ type: 'count' });
      return reply.type === 'counted' ? reply.accepted : Number.NaN;
    },
  };
}
