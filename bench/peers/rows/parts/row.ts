import type { Server } from 'node:http';

/** The endpoints that a row forwards to, and how. */
export interface RowSettings {
  /** URLs without a path. A proxy that knows only one uses the first. */
  readonly endpoints: readonly [string, ...string[]];
  readonly strategy: 'race' | 'hedge';
  /** The certificate of https endpoints, PEM. */
  readonly ca: string;
}

/** Gives a server that does not listen yet. */
export type CreateRow = (settings: RowSettings) => Server | Promise<Server>;
