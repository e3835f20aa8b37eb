import type { BalancingProxyOptions } from '../../../src/index.ts';
import { isOverTls, type TransportName, transportNames, transports } from '../parts/transports.ts';
import { type FormName, forms } from './forms.ts';

/** A line of the table: what the endpoints give, and how a break is mended. */
export interface WholeRow {
  readonly form: FormName;
  readonly resume: 'range' | 'replay';
  /** Requests for each cell, and how many of them are under way at a time. */
  readonly requests: number;
  readonly parallel: number;
}

const small = { requests: 400, parallel: 8 };
const large = { requests: 200, parallel: 2 };

/** The lines of the table. */
export const wholeRows: readonly WholeRow[] = [
  { form: 'chunked', resume: 'replay', ...small },
  { form: 'length', resume: 'replay', ...small },
  { form: 'gzip', resume: 'replay', ...small },
  { form: 'drips', resume: 'replay', ...small, parallel: 40 },
  { form: 'parts', resume: 'range', ...large },
  { form: 'parts', resume: 'replay', ...large },
  { form: 'stream', resume: 'replay', ...large },
];

/** What a line is called in the terminal. */
export function nameOf({ form, resume }: WholeRow): string {
  return `${forms[form].name}, ${resume}`;
}

/** What stands between the client and the endpoints: a column of the table. */
export interface Setup {
  readonly name: string;
  /** Whether it is there for comparison only: no goal holds for it. */
  readonly isForComparison: boolean;
  /** Whether the endpoints are asked over HTTP/2. */
  readonly isSecure: boolean;
  /** The proxy's options for a row; undefined asks one endpoint without a proxy. */
  readonly optionsFor: (row: WholeRow) => Omit<BalancingProxyOptions, 'endpoints'> | undefined;
}

const proxied = { isForComparison: false, isSecure: false };

function racing(transport: TransportName): Setup {
  const optionsFor: Setup['optionsFor'] = ({ resume }) => ({ resume, transport: transports[transport]() });
  return { ...proxied, name: transport, isSecure: isOverTls(transport), optionsFor };
}

/** The columns of the table. */
export const setups: readonly Setup[] = [
  { ...proxied, name: '1 endpoint', isForComparison: true, optionsFor: () => undefined },
  { ...proxied, name: 'not resumed', isForComparison: true, optionsFor: () => ({ resume: 'off' }) },
  ...transportNames.map(racing),
  { ...proxied, name: 'hedge', optionsFor: ({ resume }) => ({ resume, strategy: 'hedge' }) },
  { ...proxied, name: 'failover', optionsFor: ({ resume }) => ({ resume, strategy: 'failover' }) },
];
