import { MiB } from '../../shared/bytes.ts';
import { UserError } from '../../shared/command.ts';
import { countOf, flagValues } from '../flags/flag-values.ts';
import { nameOf, type WholeRow, wholeRows } from './answers/rows.ts';
import type { LargeSettings } from './large/download.ts';
import { type TransportName, transportNames } from './parts/transports.ts';

/** What `npm run bench:whole` does. */
export interface WholeSettings {
  readonly seed: number;
  /** Few requests and small downloads, which show that everything works, but not how well. */
  readonly isQuick: boolean;
  readonly rows: readonly WholeRow[];
  /** The downloads that are measured in place of the rows, and the transports that make them. */
  readonly large: (LargeSettings & { readonly transports: readonly TransportName[] }) | undefined;
}

/** The text of `--help`. */
export const wholeUsage = `npm run bench:whole -- [flags]
  --large       download 1 GiB from endpoints that break off after 20 to 200 MB
  --rounds N    download so many times (5; with --quick 1)
  --only TEXT   only rows, or transports of --large, with this in their names, such as chunked
  --seed N      other answers break off, at other places (1)
  --quick       few requests and small downloads, to see that everything works
  --help`;

const flags = {
  large: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  only: { type: 'string', default: '' },
  seed: { type: 'string', default: '1' },
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const slowDownload = { bytes: 1_024 * MiB, leastBytes: 20e6, mostBytes: 200e6, rounds: '5', leastRatio: 0.9 };
/** How fast a small download is says nothing. */
const quickDownload = { bytes: 64 * MiB, leastBytes: 2e6, mostBytes: 20e6, rounds: '1', leastRatio: 0 };

/** A quick run sends so many times fewer requests. */
const quickness = 20;

/**
 * Reads the flags.
 * @returns undefined when they ask for help.
 * @throws UserError for a flag that does not exist or a value that cannot be.
 */
export function parseWholeSettings(args: readonly string[]): WholeSettings | undefined {
  const values = flagValues(args, flags, wholeUsage);
  if (values.help) return undefined;
  const { only, quick: isQuick } = values;
  const seed = countOf('--seed', values.seed);
  const size = isQuick ? quickDownload : slowDownload;
  const rounds = countOf('--rounds', values.rounds ?? size.rounds);
  const rows = wholeRows.filter((row) => nameOf(row).includes(only));
  const transports = transportNames.filter((name) => name.includes(only));
  const chosen = values.large ? transports : rows;
  if (chosen.length === 0) throw new UserError(nothingChosen(values.large ? transportNames : wholeRows.map(nameOf)), 2);
  return {
    seed,
    isQuick,
    rows: isQuick ? rows.map((row) => ({ ...row, requests: row.requests / quickness })) : rows,
    large: values.large ? { ...size, rounds, seed, transports } : undefined,
  };
}

function nothingChosen(names: readonly string[]): string {
  return `--only: expected a part of one of\n  ${names.join('\n  ')}`;
}
