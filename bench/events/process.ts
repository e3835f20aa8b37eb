import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Logger } from '../../src/index.ts';
import { importBuilt, packageFolder } from '../packages/built.ts';
import { forkNode } from '../processes/children.ts';

/** The variants that are measured; all are compared with the first. */
export const variantNames = [
  'no event code',
  'nobody subscribed',
  'one subscriber',
  'logger',
  'metrics',
  'dashboard unwatched',
] as const;

/** The name of a variant, as it is printed. */
export type VariantName = (typeof variantNames)[number];

/** The endpoints of all variants, and the package of one. */
export interface EventsProcessSettings {
  readonly urls: readonly string[];
  /** The folder of the package whose build has no event code. */
  readonly withoutEvents: string;
}

/** The CPU time and the requests of the process since it began, all variants together. */
export interface EventsUsage {
  readonly cpuUs: number;
  readonly requests: number;
}

/** A process that serves all variants, each on a port of its own. */
export interface EventsProcess {
  urlOf(name: VariantName): string;
  usage(): Promise<EventsUsage>;
  stop(): void;
}

type Ports = Readonly<Record<VariantName, number>>;

/** Starts all variants. Rejects with the process's stderr when one does not come up. */
export async function startEventsProcess(settings: EventsProcessSettings): Promise<EventsProcess> {
  const child = forkNode(new URL(import.meta.url), ['variants']);
  const ports = (await child.ask(settings)) as Ports;
  return {
    urlOf: (name) => `http://127.0.0.1:${ports[name]}/`,
    usage: async () => (await child.ask('usage')) as EventsUsage,
    stop: () => child.stop(),
  };
}

const silent: Logger = { info: () => {}, warn: () => {} };

/** Serves the variants; runs within the process. */
async function serveVariants({ urls, withoutEvents }: EventsProcessSettings): Promise<Ports> {
  const create = async (folder: string, logger?: Logger) => {
    const { createBalancingProxy } = await importBuilt('.', folder);
    const { undiciTransport } = await importBuilt('./undici', folder);
    return createBalancingProxy({ endpoints: urls, transport: undiciTransport(), ...(logger && { logger }) });
  };
  const proxies = {
    'no event code': await create(withoutEvents),
    'nobody subscribed': await create(packageFolder),
    'one subscriber': await create(packageFolder),
    logger: await create(packageFolder, silent),
    metrics: await create(packageFolder),
    'dashboard unwatched': await create(packageFolder),
  };
  proxies['one subscriber'].subscribe(() => {});
  (await importBuilt('./metrics')).createMetrics().observe(proxies.metrics);
  (await importBuilt('./dashboard')).createDashboard(proxies['dashboard unwatched']);
  const entries = variantNames.map(async (name) => {
    const server = createServer(express().use(proxies[name]));
    server.on('request', () => requests++).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return [name, (server.address() as AddressInfo).port];
  });
  return Object.fromEntries(await Promise.all(entries));
}

let requests = 0;

if (process.argv[2] === 'variants') {
  process.once('message', async (settings: EventsProcessSettings) => {
    const ports = await serveVariants(settings);
    process.on('message', () => {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuUs: user + system, requests } satisfies EventsUsage);
    });
    process.send?.(ports);
  });
  process.on('disconnect', () => process.exit());
}
