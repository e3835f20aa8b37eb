/** A metric in the form of prom-client's `getMetricsAsJSON()`. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
  /** The way in which the values of several processes become one; prom-client knows `sum`, `first` and others. */
  readonly aggregator: string;
}

/** One series and its value. */
export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** The name of the series, in histograms only. */
  readonly metricName?: string;
}

/**
 * The label of series that tell of one process: `0` is the process of the command itself, any other number that of a worker. Such a series
 * ends with its process, whereas those without the label tell of all processes together.
 */
export const processLabel = 'worker';
