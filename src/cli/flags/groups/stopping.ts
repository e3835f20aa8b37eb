import { duration } from '../kinds/flag-kinds.ts';

/** When and how the command stops. */
export const stopping = {
  'stop-after': duration('0s', 'stop after this time; 0 is never', { isOriginal: true }),
  'shutdown-delay': duration(
    '0s',
    'when stopping, time for which /readyz says no while requests are still accepted, so that load balancers notice',
  ),
  'shutdown-timeout': duration('30s', 'time for requests in flight when stopping, then they are cut; 0 is no limit'),
};
