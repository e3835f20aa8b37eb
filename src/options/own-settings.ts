import { type AttemptTimeouts, type EndpointOverrides, noOverrides } from '../endpoints/configured-endpoint.ts';
import type { IsTerminal } from '../http/terminal.ts';
import { wholeNumberFrom } from '../support/parser/kinds.ts';
import { givenOf, inWords, option } from '../support/parser/option.ts';
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
}

/** The settings that an endpoint was given. */
export interface OwnSettings {
  /** The limits of time that take the place of general ones. */
  readonly timeouts?: Partial<AttemptTimeouts> | undefined;
  /** Whether a status may be given to the client. */
  readonly terminalStatuses?: IsTerminal | undefined;
}

/** The settings that an endpoint has of its own, complete. */
export function overridesOf({ timeouts, terminalStatuses }: OwnSettings, general: GeneralSettings): EndpointOverrides {
  if (!timeouts && !terminalStatuses) return noOverrides;
  return Object.freeze({
    ...(timeouts && { timeouts: Object.freeze({ ...general.timeouts, ...timeouts }) }),
    ...(terminalStatuses && { terminalStatuses }),
  });
}
