import type { BalancingProxyOptions } from '../../../src/index.ts';

/** How a body is framed. */
export const forms = [
  'length',
  'chunked',
  'chunked with trailers',
  'gzip chunked',
  'closed at the end',
  'closed at the end, HTTP/1.0',
  '206',
  'HTTP/2 with a length',
  'HTTP/2 without a length',
  'HTTP/2 206',
] as const;

/** Around what is held, 64 KiB, and far from it. */
export const lengths = [1, 2_048, 65_536, 65_537, 1_048_576] as const;

export const faults = [
  'none',
  'FIN',
  'RST',
  'silence',
  'garbage for a chunk header',
  'announces less',
  'announces more',
  'RST_STREAM(NO_ERROR)',
  'RST_STREAM(INTERNAL_ERROR)',
  'GOAWAY and FIN',
] as const;

/** How much of the message comes before its fault. */
export const places = [
  'nowhere',
  'before the first byte',
  'in the first byte',
  'in the middle',
  'between chunks',
  'in the gzip trailer',
  'before the last byte',
  'in the mark of the end',
] as const;

export const strategies = ['race', 'hedge', 'failover', 'single'] as const;
export const transports = ['got', 'undici', 'node'] as const;
export const resumes = ['off', 'range', 'replay'] as const satisfies ReadonlyArray<BalancingProxyOptions['resume']>;

/** What tells whether two answers are the same, and whether a part of one can be had. */
export const validators = ['strong ETag', 'strong ETag, no ranges', 'weak ETag', 'no ETag'] as const;

/** For how long an answer of unknown length is held: until `holdBytes` have come, or not at all. */
export const holds = ['to its bytes', 'not'] as const;

/** What the other endpoint does: it answers, or it has the same fault. */
export const others = ['good', 'broken'] as const;

export const clients = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2'] as const;

/** What the outcome of a cell depends on: neither the transport nor the client makes a difference. */
export type Plot = Omit<Cell, 'transport' | 'client'>;

/** How the first endpoint that is asked goes wrong, and what is around it. */
export interface Cell extends Break, Surroundings {}

/** What an endpoint sends. */
export interface Break {
  readonly form: (typeof forms)[number];
  readonly bytes: (typeof lengths)[number];
  readonly fault: (typeof faults)[number];
  readonly place: (typeof places)[number];
}

export interface Surroundings {
  readonly strategy: (typeof strategies)[number];
  readonly transport: (typeof transports)[number];
  readonly resume: (typeof resumes)[number];
  readonly validator: (typeof validators)[number];
  readonly hold: (typeof holds)[number];
  readonly other: (typeof others)[number];
  readonly client: (typeof clients)[number];
}

type Form = Pick<Cell, 'form'>;

export const isHttp2 = ({ form }: Form): boolean => form.startsWith('HTTP/2');
export const isPartial = ({ form }: Form): boolean => form.endsWith('206');
export const isChunked = ({ form }: Form): boolean => form.includes('chunked');

/** Whether the body ends where its connection does. */
export const isClosed = ({ form }: Form): boolean => form.startsWith('closed');

/** Whether the head says how long the body is. */
export const hasLength = ({ form }: Form): boolean => /^length|with a length|206$/.test(form);

/** Where the chunks of a body end. */
export function chunkEnds(bytes: number): readonly number[] {
  return [...new Set([Math.ceil(bytes / 3), Math.ceil((2 * bytes) / 3), bytes])];
}

/** The length in the head, if it has one. */
export function announcedBytes({ bytes, fault, ...cell }: Break): number | undefined {
  if (!hasLength(cell)) return undefined;
  return bytes + (fault === 'announces more' ? 1 : fault === 'announces less' ? -1 : 0);
}

/** The bytes of the body that come before the fault. */
export function sentBytes(cell: Break): number {
  const { bytes, fault, place } = cell;
  // Of chunks the second one is not as long as it says.
  if (fault.startsWith('announces') && isChunked(cell))
    return (chunkEnds(bytes)[1] ?? 0) + (fault === 'announces less' ? -1 : 2);
  if (fault === 'announces less') return bytes - 1;
  if (place === 'before the first byte') return 0;
  if (place === 'in the first byte') return 1;
  if (place === 'in the middle') return Math.floor(bytes / 2);
  if (place === 'between chunks') return chunkEnds(bytes)[0] ?? 0;
  if (place === 'in the gzip trailer') return bytes - 4;
  return place === 'before the last byte' ? bytes - 1 : bytes;
}
