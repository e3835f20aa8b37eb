import { milliseconds, trueOrFalse } from '../../support/parser/kinds.ts';
import { option } from '../../support/parser/option.ts';

/** The options that all transports have. */
export const commonOptions = {
  http2: option(trueOrFalse, false, 'Speak HTTP/2 with https endpoints that offer it'),
  keepAliveTimeoutMs: option(milliseconds, 4_000, 'Time after which an idle connection is closed'),
};
