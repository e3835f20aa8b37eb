import { type AttemptTimeouts, type EndpointOverrides, noOverrides } from '../endpoints/place/configured-endpoint.ts';
import type { TlsOptions } from '../endpoints/place/tls-options.ts';
import type { IsTerminal } from '../http/terminal.ts';
import { finiteWholeNumberFrom, wholeNumberFrom } from '../support/parser/kinds.ts';
import { givenOf, inWords, none, type OptionTable, option } from '../support/parser/option.ts';
import { headerList } from './header-list.ts';
import { joinedTls, parseOwnTls } from './own-tls.ts';
import { statusesFrom, type TerminalStatuses, usualStatuses } from './statuses.ts';
import { type TimeoutOptions, timeoutOptions } from './timeouts.ts';

const { connectMs, responseMs, firstByteMs, idleMs } = timeoutOptions;

/** The options of an endpoint that do not say where it is; several endpoints may share them. */
export interface SharedEndpointOptions {
  /**
   * Headers that every request but TRACE to the endpoint gets; they replace the client's headers of the same names.
   * @default none
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /**
   * Group of endpoints that the endpoint is asked with, a whole number from 0. The endpoints of a group are asked when those of the groups
   * before are no help, so that 1 makes a backup of the others.
   * @default 0
   */
  readonly tier?: number | undefined;
  /**
   * Limits of time for attempts at the endpoint: `connectMs`, `responseMs`, `firstByteMs`, `idleMs`, each in the place of the general one.
   * In milliseconds.
   * @default the general `timeouts`
   */
  readonly timeouts?: Pick<TimeoutOptions, 'connectMs' | 'responseMs' | 'firstByteMs' | 'idleMs'> | undefined;
  /**
   * Certificates for the endpoint, and how they are checked, each field in the place of the general one. With `servername` several
   * names behind one address are told apart.
   * @default the general `tls`
   */
  readonly tls?: TlsOptions | undefined;
  /**
   * Most attempts and responses under way at the endpoint, in the place of the general number; the latest one that a function gives
   * counts.
   * @default the general `maxInFlight`
   */
  readonly maxInFlight?: number | undefined;
  /**
   * Statuses of the endpoint that may be given to the client, in the place of the general ones.
   * @default the general `terminalStatuses`
   */
  readonly terminalStatuses?: TerminalStatuses | undefined;
}

/** The options of {@link SharedEndpointOptions}. */
export const sharedEndpointOptions = {
  headers: option(
    headerList,
    inWords(none.words, () => []),
    "Headers that every request but TRACE to the endpoint gets; they replace the client's headers of the same names",
  ),
  tier: option(
    finiteWholeNumberFrom(0),
    0,
    'Group of endpoints that the endpoint is asked with, a whole number from 0',
  ),
  timeouts: option(
    givenOf({ connectMs, responseMs, firstByteMs, idleMs }),
    inWords('the general `timeouts`'),
    'Limits of time for attempts at the endpoint: `connectMs`, `responseMs`, `firstByteMs`, `idleMs`',
  ),
  tls: option(parseOwnTls, inWords('the general `tls`'), 'Certificates for the endpoint, and how they are checked'),
  maxInFlight: option(
    wholeNumberFrom(1),
    inWords('the general `maxInFlight`'),
    'Most attempts and responses under way at the endpoint',
  ),
  terminalStatuses: option(
    statusesFrom(usualStatuses),
    inWords('the general `terminalStatuses`'),
    'Statuses of the endpoint that may be given to the client, in the place of the general ones',
  ),
} satisfies OptionTable<Record<keyof SharedEndpointOptions, unknown>>;

/** The settings of all endpoints. */
export interface GeneralSettings {
  /** Limits of time. */
  readonly timeouts: AttemptTimeouts;
  /** Certificates and their checking. */
  readonly tls: TlsOptions | undefined;
}

/** The settings that an endpoint was given. */
export interface OwnSettings {
  /** The limits of time that take the place of general ones. */
  readonly timeouts?: Partial<AttemptTimeouts> | undefined;
  /** What takes the place of the general certificates and their checking. */
  readonly tls?: TlsOptions | undefined;
  /** Whether a status may be given to the client. */
  readonly terminalStatuses?: IsTerminal | undefined;
}

/**
 * Joins the settings of an endpoint with the general ones.
 * @throws InvalidOptions when they do not go together; `option` is the endpoint's place.
 */
export type JoinSettings = (own: OwnSettings, option: string) => EndpointOverrides;

/** Makes a function that joins settings with the general ones: the same `tls` always to the same object, as connections are kept by it. */
export function joinerWith({ timeouts: generalTimeouts, tls: generalTls }: GeneralSettings): JoinSettings {
  const known = new WeakMap<TlsOptions, TlsOptions>();
  const joinTls = (own: TlsOptions, option: string): TlsOptions => {
    const joined = known.get(own) ?? joinedTls(generalTls, own, option);
    known.set(own, joined);
    return joined;
  };
  return ({ timeouts, tls, terminalStatuses }, option) => {
    if (!timeouts && !tls && !terminalStatuses) return noOverrides;
    return Object.freeze({
      ...(timeouts && { timeouts: Object.freeze({ ...generalTimeouts, ...timeouts }) }),
      ...(tls && { tls: joinTls(tls, `${option}.tls`) }),
      ...(terminalStatuses && { terminalStatuses }),
    });
  };
}
