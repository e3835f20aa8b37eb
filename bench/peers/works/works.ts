import { UserError } from '../../../shared/command.ts';
import type { EndpointKind } from '../../endpoints/endpoint-kind.ts';
import type { RowName } from '../rows/rows.ts';
import type { Settings } from './flags.ts';

/** A task for some rows: one table of the output. */
export interface Work {
  readonly name: WorkName;
  /** How the work is measured: under load, by one long response, or by many open ones. */
  readonly kind: 'load' | 'download' | 'streams';
  readonly endpoints: readonly EndpointKind[];
  /** @default 'race' */
  readonly strategy?: 'hedge';
  readonly path: string;
  /** The length of a POST's body. @default none: the request is a GET */
  readonly bodyBytes?: number;
  readonly rows: readonly RowName[];
}

/** The name of a work, as over its table. */
export type WorkName =
  | '1 endpoint'
  | 'race of 4'
  | 'race of 16'
  | 'hedge over 4'
  | 'one slow endpoint of 4'
  | 'POST of 10 KB'
  | '1 MiB response'
  | '1 GiB response'
  | '5,000 idle SSE streams'
  | 'race of 4 over TLS';

const proxies = [
  'bare node:http pipe',
  'bare got.stream pipe',
  'bare undici pipe',
  'http-proxy',
  'http-proxy-3',
  'httpxy',
  'http-proxy-middleware',
  '@fastify/http-proxy',
  'express-http-proxy',
  'ours (got)',
  'ours (undici)',
] as const satisfies readonly RowName[];

const races = [
  'hand-written got fan-out',
  'hand-written undici fan-out',
  'http-proxy-middleware, 1 endpoint',
  'ours (got)',
  'ours (undici)',
] as const satisfies readonly RowName[];

const fast4: readonly EndpointKind[] = ['fast', 'fast', 'fast', 'fast'];

/** All works, in the order in which they are measured. */
export const works: readonly Work[] = [
  { name: '1 endpoint', kind: 'load', endpoints: ['fast'], path: '/', rows: proxies },
  { name: 'race of 4', kind: 'load', endpoints: fast4, path: '/', rows: races },
  {
    name: 'race of 16',
    kind: 'load',
    endpoints: [...fast4, ...fast4, ...fast4, ...fast4],
    path: '/',
    rows: [...races, 'ours (got), 4 endpoints', 'ours (undici), 4 endpoints'],
  },
  {
    name: 'hedge over 4',
    kind: 'load',
    endpoints: fast4,
    strategy: 'hedge',
    path: '/',
    rows: ['ours (got), 1 endpoint', 'ours (undici), 1 endpoint', 'ours (got)', 'ours (undici)'],
  },
  {
    name: 'one slow endpoint of 4',
    kind: 'load',
    endpoints: ['slow', 'fast', 'fast', 'fast'],
    path: '/',
    // The slow endpoint is the first one, with which a row that asks one alone would be a comparison with 50 ms.
    rows: races.filter((row) => row !== 'http-proxy-middleware, 1 endpoint'),
  },
  { name: 'POST of 10 KB', kind: 'load', endpoints: ['fast'], path: '/', bodyBytes: 10_240, rows: proxies },
  { name: '1 MiB response', kind: 'load', endpoints: ['fast'], path: '/medium', rows: proxies },
  { name: '1 GiB response', kind: 'download', endpoints: ['fast'], path: '/large', rows: proxies },
  { name: '5,000 idle SSE streams', kind: 'streams', endpoints: ['streams'], path: '/', rows: proxies },
  {
    name: 'race of 4 over TLS',
    kind: 'load',
    endpoints: ['tls', 'tls', 'tls', 'tls'],
    path: '/',
    rows: ['ours (got)', 'ours (undici)', 'ours (got), HTTP/2', 'ours (undici), HTTP/2'],
  },
];

/**
 * Chooses the works, and their rows, that the flags ask for.
 * @throws UserError when nothing is left.
 */
export function chooseWorks({ only, rows }: Pick<Settings, 'only' | 'rows'>): readonly Work[] {
  const isWanted = (row: string) => rows.length === 0 || rows.some((part) => row.includes(part));
  const chosen = works
    .filter(({ name }) => name.includes(only))
    .map((work) => ({ ...work, rows: work.rows.filter(isWanted) }))
    .filter((work) => work.rows.length > 0);
  if (chosen.length > 0) return chosen;
  const names = works.map(({ name, rows: all }) => `  ${name}: ${all.join(', ')}`);
  throw new UserError(`no row is left by --only and --rows; there are\n${names.join('\n')}`, 2);
}
