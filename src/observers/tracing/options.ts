import { type TracerProvider, trace } from '@opentelemetry/api';
import { hasMethods, onlyInCode, trueOrFalse, valueThat } from '../../support/parser/kinds.ts';
import { inWords, type OptionTable, objectOf, option } from '../../support/parser/option.ts';

/** How `traceAttempts()` makes spans. */
export interface TraceAttemptsOptions {
  /**
   * Makes the tracer of the spans.
   * @default the global one, also when it is registered later
   */
  readonly tracerProvider?: TracerProvider | undefined;
  /**
   * Write the client's query into `url.full`, less what is known to be a signature. Queries often hold secrets.
   * @default false
   */
  readonly urlQuery?: boolean | undefined;
}

const tracerProvider = valueThat<TracerProvider>(
  (value) => hasMethods(value, 'getTracer'),
  'a tracer provider, with getTracer()',
  onlyInCode,
);

/** The options of `traceAttempts()`. */
export const traceOptions = {
  tracerProvider: option(
    tracerProvider,
    inWords<TracerProvider>('the global one, also when it is registered later', () => trace),
    'Makes the tracer of the spans',
  ),
  urlQuery: option(
    trueOrFalse,
    false,
    "Write the client's query into `url.full`, less what is known to be a signature",
  ),
} satisfies OptionTable<TraceAttemptsOptions>;

/** Reads the options. @throws InvalidOptions naming every problem. */
export const parseTraceOptions = objectOf(traceOptions);
