import type { Server } from 'node:http';
import type { CreateRow, RowSettings } from './parts/row.ts';

/** The rows by name. Each is imported only in the process that runs it, so that no other row's memory is counted. */
export const rows = {
  'bare node:http pipe': async (settings) => (await import('./by-hand/node-pipe.ts')).createNodePipe(settings),
  'bare got.stream pipe': async (settings) => (await import('./by-hand/got-pipe.ts')).createGotPipe(settings),
  'bare undici pipe': async (settings) => (await import('./by-hand/undici-pipe.ts')).createUndiciPipe(settings),
  'http-proxy': async (settings) => (await import('./others/http-proxy-family.ts')).createHttpProxy(settings),
  'http-proxy-3': async (settings) => (await import('./others/http-proxy-family.ts')).createHttpProxy3(settings),
  httpxy: async (settings) => (await import('./others/http-proxy-family.ts')).createHttpxy(settings),
  'http-proxy-middleware': createMiddlewareRow,
  '@fastify/http-proxy': async (settings) =>
    (await import('./others/fastify-http-proxy.ts')).createFastifyProxy(settings),
  'express-http-proxy': async (settings) =>
    (await import('./others/express-http-proxy.ts')).createExpressProxy(settings),
  'hand-written got fan-out': async (settings) => (await import('./by-hand/got-fan-out.ts')).createGotFanOut(settings),
  'hand-written undici fan-out': async (settings) =>
    (await import('./by-hand/undici-fan-out.ts')).createUndiciFanOut(settings),
  'http-proxy-middleware, 1 endpoint': createMiddlewareRow,
  'ours (got)': async (settings) => (await import('./ours.ts')).createOurs(settings, 'got'),
  'ours (undici)': async (settings) => (await import('./ours.ts')).createOurs(settings, 'undici'),
  'ours (got), 1 endpoint': async (settings) => (await import('./ours.ts')).createOurs(first(1, settings), 'got'),
  'ours (undici), 1 endpoint': async (settings) => (await import('./ours.ts')).createOurs(first(1, settings), 'undici'),
  'ours (got), 4 endpoints': async (settings) => (await import('./ours.ts')).createOurs(first(4, settings), 'got'),
  'ours (undici), 4 endpoints': async (settings) =>
    (await import('./ours.ts')).createOurs(first(4, settings), 'undici'),
  'ours (got), HTTP/2': async (settings) => (await import('./ours.ts')).createOursByHttp2(settings, 'got'),
  'ours (undici), HTTP/2': async (settings) => (await import('./ours.ts')).createOursByHttp2(settings, 'undici'),
} as const satisfies Readonly<Record<string, CreateRow>>;

/** The name of a row, as in the tables. */
export type RowName = keyof typeof rows;

async function createMiddlewareRow(settings: RowSettings): Promise<Server> {
  return (await import('./others/http-proxy-middleware.ts')).createMiddleware(settings);
}

function first(count: number, settings: RowSettings): RowSettings {
  const [one, ...others] = settings.endpoints;
  return { ...settings, endpoints: [one, ...others.slice(0, count - 1)] };
}
