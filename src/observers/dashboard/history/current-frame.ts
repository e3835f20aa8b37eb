import { type EndpointSnapshot, fewestSamples } from '../../../endpoints/state/snapshot.ts';
import type { ManagedProxy } from '../../../events/observed-proxy.ts';
import type { EndpointRow, Frame } from './frame.ts';
import type { History } from './history.ts';
import { shownLatency } from './shown-latency.ts';

/** The most endpoints that are shown, since a function may give any number of them. */
const maxEndpoints = 64;

/** The parts of a frame that the proxy does not tell. */
interface Surroundings extends Pick<Frame, 'title' | 'allowActions'> {
  readonly history: History;
}

/** The frame of this moment, without races. */
export function currentFrame(
  { endpoints, hedgesDenied }: ManagedProxy,
  { history, title, allowActions }: Surroundings,
): Omit<Frame, 'races' | 'moreRaces'> {
  history.keepOnly(new Set(endpoints.map(({ name }) => name)));
  const shown = endpoints.slice(0, maxEndpoints);
  return {
    title,
    allowActions,
    clients: history.clientFigures(),
    hedgesDenied,
    fewestResponses: fewestSamples,
    endpoints: shown.map((endpoint) => rowOf(endpoint, history)),
    moreEndpoints: endpoints.length - shown.length,
  };
}

function rowOf(snapshot: EndpointSnapshot, history: History): EndpointRow {
  const {
    name,
    tier,
    state,
    backInMs,
    ejectionCause = null,
    inFlight,
    successes,
    wins,
    failures,
    cancelled,
    latencyMs,
    latencyCount,
  } = snapshot;
  return {
    name,
    tier,
    state,
    backInMs: Math.round(backInMs),
    ejectionCause,
    inFlight,
    ...history.endpointFigures(name),
    latencyMs: shownLatency(latencyMs),
    latencyCount,
    totals: { attempts: successes + failures + cancelled, wins, failures },
  };
}
