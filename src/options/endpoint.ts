import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { parseAddress } from '../endpoints/place/address.ts';
import type { ConfiguredEndpoint } from '../endpoints/place/configured-endpoint.ts';
import { fieldValue } from '../http/headers.ts';
import { type OptionParser, valueThat, withSchema } from '../support/parser/kinds.ts';
import { inWords, type OptionTable, objectOf, option, required } from '../support/parser/option.ts';
import { reject } from '../support/parser/problems.ts';
import { anyOf, textLike } from '../support/parser/schema.ts';
import { isPlainObject } from '../support/plain-object.ts';
import { endpointUrl, hasHostName } from './endpoint-url.ts';
import { isHeaderValue } from './header-list.ts';
import { type OwnSettings, type SharedEndpointOptions, sharedEndpointOptions } from './own-settings.ts';

/** An endpoint with more to say than its URL. */
export interface EndpointOptions extends SharedEndpointOptions {
  /** Absolute URL: `http:`, `https:`, or `http+unix://%2Fpath%2Fto.sock/base`. */
  readonly url: string | URL;
  /**
   * Name in logs, events, errors and snapshots.
   * @default the URL without credentials and query, and `address` in parentheses where it is given
   */
  readonly name?: string | undefined;
  /**
   * IP address, v4 or v6 without brackets, to connect to instead of looking up the host name of the URL. All else stays the URL's:
   * port, `Host`, and the name for which the certificate has to be.
   * @default what the host name resolves to
   */
  readonly address?: string | undefined;
}

/** One endpoint among the option `endpoints`. */
export type EndpointOption = string | URL | EndpointOptions;

/** Gives the endpoints for one request. */
export type EndpointsFunction<Request extends IncomingMessage = IncomingMessage> = (
  req: Request,
) => readonly EndpointOption[] | Promise<readonly EndpointOption[]>;

/** The name of an endpoint: `X-Served-By` carries it, so it has to be a header's value. */
const endpointName = valueThat<string>(
  (value) => isHeaderValue(value) && value !== '',
  'a name of Latin-1 without control characters',
  { ...textLike(fieldValue), minLength: 1 },
);

const ipAddress = valueThat<string>(
  (value) => typeof value === 'string' && isIP(value) !== 0,
  "an IP address such as '10.0.0.1' or '2001:db8::1'",
  textLike(/^[\da-fA-F]*[.:][\da-fA-F.:]+(?:%.+)?$/),
);

/** The options of one endpoint. */
export const endpointOptions = {
  url: required(endpointUrl, 'Absolute URL: `http:`, `https:`, or `http+unix://%2Fpath%2Fto.sock/base`'),
  name: option(
    endpointName,
    inWords('the URL without credentials and query, and `address` in parentheses where it is given'),
    'Name in logs, events, errors and snapshots',
  ),
  address: option(
    ipAddress,
    inWords('what the host name resolves to'),
    'IP address, v4 or v6 without brackets, to connect to instead of looking up the host name of the URL',
  ),
  ...sharedEndpointOptions,
} satisfies OptionTable<Record<keyof EndpointOptions, unknown>>;

const endpointObject = objectOf(endpointOptions);

/** An endpoint as it was given, before the settings of all endpoints are known. */
export interface GivenEndpoint extends Omit<ConfiguredEndpoint, 'settings'> {
  /** The settings that it has of its own. */
  readonly own: OwnSettings;
}

/** One endpoint of a list. */
export const parseEndpoint: OptionParser<GivenEndpoint> = withSchema(
  anyOf(endpointUrl, endpointObject),
  (value, option) => {
    const isBare = !isPlainObject(value) || value instanceof URL;
    if (isBare) return { address: parseAddress({ url: endpointUrl(value, option) }), tier: 0, own: {} };
    const { tier, maxInFlight, timeouts, tls, terminalStatuses, ...parts } = endpointObject(value, option);
    // A certificate for one address cannot be checked on a connection to another one.
    if (parts.address !== undefined && !hasHostName(parts.url)) {
      reject(`${option}.address`, 'an address only beside a URL with a host name', parts.address);
    }
    return { address: parseAddress(parts), tier, maxInFlight, own: { timeouts, tls, terminalStatuses } };
  },
);
