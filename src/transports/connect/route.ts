import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { functionOf, type OptionParser, valueThat, withSchema } from '../../support/parser/kinds.ts';
import { inWords, option } from '../../support/parser/option.ts';

/** The way that connections to all endpoints take. */
export interface ConnectionRoute {
  /** IP address of this host to connect from; undefined leaves it to the system. */
  readonly localAddress?: string | undefined;
  /** Looks host names up; undefined for the system's way. */
  readonly lookup?: LookupFunction | undefined;
}

/** The way that the system would take. */
export const usualRoute: ConnectionRoute = {};

const lookupFunction = functionOf<LookupFunction>();

const lookup: OptionParser<LookupFunction> = withSchema(lookupFunction.schema, (value, name) =>
  careful(lookupFunction(value, name)),
);

/** The options of transports that make a {@link ConnectionRoute}. */
export const routeOptions = {
  localAddress: option(
    valueThat<string>((value) => typeof value === 'string' && isIP(value) !== 0, 'an IP address of this host', {
      type: 'string',
    }),
    inWords('the system chooses'),
    'IP address of this host from which connections are opened',
  ),
  lookup: option(lookup, inWords("the system's"), 'Looks host names up, with the signature of `dns.lookup`'),
};

/**
 * A function of the user's that is held to its contract: what it throws, or rejects with, becomes its answer, only the first answer
 * counts, and a list comes where a list is asked for.
 */
function careful(ask: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    let isAnswered = false;
    const answer = (error: NodeJS.ErrnoException | null, found: LookupAddress[]): void => {
      if (isAnswered) return;
      isAnswered = true;
      const [first] = found;
      if (error) callback(error, options.all ? [] : '');
      else if (!found.length || !found.every(isAddress)) callback(noAddress(hostname), options.all ? [] : '');
      else if (options.all) callback(null, found);
      else callback(null, first?.address ?? '', first?.family);
    };
    // A function that answers at once must not be ahead of those who wait for the answer.
    const fail = (thrown: unknown): void => process.nextTick(answer, thrown, []);
    try {
      const returned: unknown = ask(hostname, options, (error, found, family) => {
        const list = Array.isArray(found) ? found : [{ address: found, family: family ?? isIP(String(found)) }];
        process.nextTick(answer, error, list);
      });
      // Nobody else would handle the rejection of an async function, which would end the process.
      if (returned instanceof Promise) returned.catch(fail);
    } catch (thrown) {
      fail(thrown);
    }
  };
}

function isAddress(found: LookupAddress | null): boolean {
  return found !== null && isIP(found.address) !== 0;
}

function noAddress(hostname: string): Error {
  return new Error(`the option \`lookup\` gave no IP address for ${hostname}`);
}
