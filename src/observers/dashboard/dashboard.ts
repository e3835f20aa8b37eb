import '../../support/refuse-old-node.ts';
import type { ManagedProxy } from '../../events/observed-proxy.ts';
import { parseOrThrow } from '../../support/parser/problems.ts';
import { OwnChronicle } from './chronicle.ts';
import { createMiddleware, type Dashboard } from './middleware.ts';
import { type DashboardOptions, parseDashboardOptions } from './options.ts';

export type { ManagedProxy } from '../../events/observed-proxy.ts';
export type { Dashboard } from './middleware.ts';
export type { DashboardOptions } from './options.ts';

/**
 * Makes a middleware that serves a page which shows live what a proxy does: the state of every endpoint, what clients got, and the last
 * races. As long as nobody watches, the proxy is observed for the ends of requests alone. The files of the page are read once, here.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists all that is wrong with the options.
 */
export function createDashboard(source: ManagedProxy, options: DashboardOptions = {}): Dashboard {
  const { title, allowActions } = parseOrThrow(parseDashboardOptions, options);
  return createMiddleware({ source, chronicle: new OwnChronicle(source), title: () => title, allowActions });
}
