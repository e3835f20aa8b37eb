import express, { type Express } from 'express';
import { type BalancingProxy, createBalancingProxy, type EndpointOptions } from '../../src/index.ts';
import type { Dashboard } from '../../src/observers/dashboard/dashboard.ts';

/** Servers by name and URL. */
export type NamedServers = ReadonlyArray<Pick<EndpointOptions, 'url'> & { readonly name: string }>;

/** A proxy, and the page that shows what it does. */
export interface ShownProxy {
  readonly proxy: BalancingProxy;
  readonly dashboard: Dashboard;
}

/** A proxy for token streams: the first one that sends an event wins, unless this is an error. */
export function createTokenProxy(endpoints: NamedServers): BalancingProxy {
  return createBalancingProxy({
    endpoints,
    winAt: 'first-event',
    isUsable: async (response) => (await response.firstEvent())?.event !== 'error',
  });
}

/** A proxy for mirrors of large files: one is asked after the other, and the next one goes on where one breaks off. */
export function createMirrorProxy(endpoints: NamedServers): BalancingProxy {
  return createBalancingProxy({ endpoints, strategy: 'failover', resume: 'range' });
}

/** Makes an Express app with the token streams under `/tokens`, the mirrors under `/mirror`, and their dashboards. */
export function createStreamApp(tokens: ShownProxy, mirrors: ShownProxy): Express {
  return express()
    .disable('x-powered-by')
    .use('/tokens', tokens.proxy)
    .use('/mirror', mirrors.proxy)
    .use('/dashboard/tokens', tokens.dashboard)
    .use('/dashboard/mirror', mirrors.dashboard);
}
