import type { IsTerminal } from '../../http/terminal.ts';
import type { EndpointAddress } from './address.ts';
import type { TlsOptions } from './tls-options.ts';

/** Limits of time for one attempt, in milliseconds, or Infinity. */
export type AttemptTimeouts = Readonly<Record<'connectMs' | 'responseMs' | 'firstByteMs' | 'idleMs', number>>;

/** The settings that an endpoint has of its own, each complete; one that is missing is that of all endpoints. */
export interface EndpointOverrides {
  /** Limits of time. */
  readonly timeouts?: AttemptTimeouts;
  /** Certificates and their checking; the same object for as long as they are the same. */
  readonly tls?: TlsOptions;
  /** Whether a status may be given to the client. */
  readonly terminalStatuses?: IsTerminal;
}

/** An endpoint as it was given, checked: where it is, and when and how it is asked. */
export interface ConfiguredEndpoint {
  /** Where the endpoint is. */
  readonly address: EndpointAddress;
  /** The group of endpoints that it is asked with, from 0; the groups before are asked first. */
  readonly tier: number;
  /** Most attempts and responses under way there, or Infinity. @default that of all endpoints */
  readonly maxInFlight?: number | undefined;
  /** The settings of its own. */
  readonly settings: EndpointOverrides;
}

/** The settings of an endpoint that has none of its own. */
export const noOverrides: EndpointOverrides = Object.freeze({});

/** The endpoints, frozen, with names that count up where the same URL stands in the list several times. */
export function withDistinctNames(endpoints: readonly ConfiguredEndpoint[]): readonly ConfiguredEndpoint[] {
  const names = distinctly(endpoints.map(({ address }) => address.name));
  const distinct = endpoints.map((endpoint, index) => {
    const { address } = endpoint;
    const name = names[index] ?? address.name;
    return Object.freeze({ ...endpoint, address: Object.freeze({ ...address, name }) });
  });
  return Object.freeze(distinct);
}

/** Names of which each is there once: those that are there already count up, as in `one`, `one#2`. */
export function distinctly(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let count = 2; taken.has(distinct); count++) distinct = `${name}#${count}`;
    taken.add(distinct);
    return distinct;
  });
}
