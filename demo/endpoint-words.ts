import type { EjectionCause, ProxyEvent } from '../src/index.ts';
import type { Paint } from './race-lines.ts';

const causes: Readonly<Record<EjectionCause, string>> = {
  unreachable: 'it could not be reached several times in a row',
  failures: 'too many of its attempts failed',
};

/** A line in words about what has become of an endpoint; undefined for an event of a request. */
export function describeEndpoint(event: ProxyEvent, paint: Paint): string | undefined {
  switch (event.type) {
    case 'endpoint-ejected': {
      const seconds = event.forMs / 1_000;
      return `${event.endpoint} is ${paint('yellow', 'ejected')}: ${causes[event.cause]}, so it is left out for ${seconds} s, then tried again`;
    }
    case 'endpoint-drained':
      return `${event.endpoint} is ${paint('yellow', 'drained')}: it is left out until somebody restores it`;
    case 'endpoint-restored':
      return `${event.endpoint} is ${paint('green', 'restored')}: it is asked like the others again`;
    default:
      return undefined;
  }
}
