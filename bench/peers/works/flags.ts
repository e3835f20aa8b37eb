import { MiB } from '../../../shared/bytes.ts';
import { countOf, flagValues } from '../../flags/flag-values.ts';

/** The works and rows of a run, how long each is measured, and where the results go. */
export interface Settings {
  /** Small works and short runs, which show that everything works, but not how fast. */
  readonly isQuick: boolean;
  /** A part of the names of the works to run; empty runs all. */
  readonly only: string;
  /** Parts of the names of the rows to run; none runs all. */
  readonly rows: readonly string[];
  /** How often each row is measured. */
  readonly rounds: number;
  /** How long each row is loaded in a round. */
  readonly seconds: number;
  /** In how many processes each row runs, by turns. */
  readonly processes: number;
  readonly warmUpMs: number;
  readonly downloadBytes: number;
  readonly streams: number;
  /** Where the results go as JSON; undefined writes none. */
  readonly jsonFile: string | undefined;
  /** Where the chart goes as SVG; undefined draws none. */
  readonly chartFile: string | undefined;
}

/** The text of `--help`. */
export const usage = `npm run bench -- [flags]
  --quick          short runs of small works, to see that everything works
  --only TEXT      only the works with this in their names, such as 'race of 4'
  --rows TEXT,...  only the rows with one of these in their names, such as ours,httpxy
  --rounds N       measure each row so many times (6; with --quick 1)
  --seconds N      load each row so long in a round (2; with --quick 1)
  --json FILE      write the results there (a full run: bench/peers.json)
  --chart FILE     draw the chart there (a full run: bench/peers.svg)
  --help`;

const slow = { rounds: '6', seconds: '2', processes: 2, warmUpMs: 3_000, downloadBytes: 1_024 * MiB, streams: 5_000 };
const quick: typeof slow = {
  rounds: '1',
  seconds: '1',
  processes: 1,
  warmUpMs: 250,
  downloadBytes: 128 * MiB,
  streams: 500,
};

const flags = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  rows: { type: 'string', default: '' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'string' },
  chart: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/**
 * Reads the flags.
 * @returns undefined when they ask for help.
 * @throws UserError for a flag that does not exist or a value that cannot be.
 */
export function parseSettings(args: readonly string[]): Settings | undefined {
  const values = flagValues(args, flags, usage);
  if (values.help) return undefined;
  const size = values.quick ? quick : slow;
  const isWhole = !values.quick && values.only === '' && values.rows === '';
  return {
    isQuick: values.quick,
    only: values.only,
    rows: values.rows.split(',').filter((part) => part !== ''),
    rounds: countOf('--rounds', values.rounds ?? size.rounds),
    seconds: countOf('--seconds', values.seconds ?? size.seconds),
    processes: size.processes,
    warmUpMs: size.warmUpMs,
    downloadBytes: size.downloadBytes,
    streams: size.streams,
    // A part of the works or a quick run must not replace the figures that README shows.
    jsonFile: values.json ?? (isWhole ? 'bench/peers.json' : undefined),
    chartFile: values.chart ?? (isWhole ? 'bench/peers.svg' : undefined),
  };
}
