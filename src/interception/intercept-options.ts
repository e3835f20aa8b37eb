import { byteCount } from '../support/parser/kinds.ts';
import { type OptionTable, option } from '../support/parser/option.ts';

/** How `interceptResponse()` intercepts. */
export interface InterceptOptions {
  /**
   * Most bytes of a body that is intercepted, as it comes and without content codings. A larger one goes to the client as it is. In bytes.
   * @default 1_048_576
   */
  readonly limitBytes?: number | undefined;
}

/** The options of `interceptResponse()`. */
export const interceptOptions = {
  limitBytes: option(byteCount, 1_048_576, 'Most bytes of a body that is intercepted'),
} satisfies OptionTable<InterceptOptions>;
