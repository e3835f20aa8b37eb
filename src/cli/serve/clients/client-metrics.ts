import type { Metric } from '../../metrics/metric.ts';
import { ownMetric } from '../../metrics/own-metrics.ts';
import type { ClientLimits } from '../limits/client-limits.ts';
import type { Connections } from './connections.ts';

interface ClientFigures {
  readonly connections: Pick<Connections, 'open'>;
  readonly limits: Pick<ClientLimits, 'refused'>;
}

/** The metrics of the clients of this process: who is connected, and who was turned away. */
export function clientMetrics({ connections: { open }, limits: { refused } }: ClientFigures): readonly Metric[] {
  const { connections, requests, withoutDescriptor } = refused;
  return [
    ownMetric('client_connections', open),
    ownMetric('refused_connections_total', { 'max-connections': connections, 'file-descriptors': withoutDescriptor }),
    ownMetric('refused_requests_total', requests),
  ];
}
