import { type AttemptTimeouts, type EndpointOverrides, noOverrides } from '../endpoints/configured-endpoint.ts';
import type { TlsOptions } from '../endpoints/tls-options.ts';
import type { IsTerminal } from '../http/terminal.ts';
import { wholeNumberFrom } from '../support/parser/kinds.ts';
import { givenOf, inWords, option } from '../support/parser/option.ts';
import { joinedTls, parseOwnTls } from './own-tls.ts';
import { statusesFrom, usualStatuses } from './statuses.ts';
import { timeoutOptions } from './timeouts.ts';

const { connectMs, responseMs, firstByteMs, idleMs } = timeoutOptions;

/** The options that an endpoint may have of its own. */
export const ownOptions = {
  timeouts: option(
    givenOf({ connectMs, responseMs, firstByteMs, idleMs }),
    inWords('`timeouts`'),
    'Limits of time for attempts at this endpoint: `connectMs`, `responseMs`, `firstByteMs`, `idleMs`',
  ),
  tls: option(parseOwnTls, inWords('`tls`'), 'Certificates for this endpoint, and how they are checked'),
  maxInFlight: option(
    wholeNumberFrom(1),
    inWords('`maxInFlight`'),
    'Most attempts and responses under way at this endpoint',
  ),
  terminalStatuses: option(
    statusesFrom(usualStatuses),
    inWords('`terminalStatuses`'),
    'Statuses of this endpoint that may be given to the client, in the place of the general ones',
  ),
};

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
