import type { EndpointKind, Endpoints } from './endpoint-kind.ts';
import { startNginx } from './nginx.ts';
import { startNodeEndpoints } from './node-endpoints.ts';
import type { Site } from './site.ts';

/**
 * Starts all endpoints; they end with this process.
 * @param nginxVersion undefined lets Node stand in for nginx.
 */
export async function startEndpoints(site: Site, nginxVersion: string | undefined): Promise<Endpoints> {
  const parts =
    nginxVersion === undefined
      ? [startNodeEndpoints(site, ['fast', 'tls', 'slow', 'streams'])]
      : [startNginx(site, nginxVersion), startNodeEndpoints(site, ['slow', 'streams'])];
  const started = await Promise.all(parts);
  return {
    urls: Object.assign({}, ...started.map(({ urls }) => urls)),
    acceptedConnections: async () => {
      const counts = await Promise.all(started.map((part) => part.acceptedConnections()));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** The URLs of endpoints of these kinds, another one each time a kind comes again. */
export function pickUrls({ urls }: Endpoints, kinds: readonly EndpointKind[]): [string, ...string[]] {
  const picked = kinds.map((kind, index) => {
    const before = kinds.slice(0, index).filter((other) => other === kind).length;
    return urls[kind]?.[before] ?? '';
  });
  const [first = '', ...others] = picked;
  return [first, ...others];
}
