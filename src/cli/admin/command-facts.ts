import { certificatesOf, expiryOf } from '../config/certificate-expiry.ts';
import { packageVersion } from '../flags/package-version.ts';
import type { LogSink } from '../log/log-sink.ts';
import type { CommandFacts } from '../metrics/command-metrics.ts';
import type { Reloads } from '../serve/reloads.ts';
import type { Service } from '../serve/service.ts';

/** The version that runs here, whatever is installed in its place meanwhile. */
const version = packageVersion();

interface Sources {
  readonly reloads: Reloads;
  readonly sink: Pick<LogSink, 'lost'>;
  /** Undefined before it has begun. */
  readonly service: Service | undefined;
}

/** The facts of this moment for the metrics of the command. */
export function factsOf({ reloads, sink, service }: Sources): CommandFacts {
  const expiries = certificatesOf(reloads.configuration).flatMap(({ flag, pem }) => {
    const expiresAtMs = expiryOf(pem);
    return expiresAtMs === undefined ? [] : [[flag, expiresAtMs] as const];
  });
  return {
    version,
    node: process.versions.node,
    workers: service?.processes ?? 0,
    restarts: service?.restarts ?? {},
    linesLost: sink.lost(),
    reloads: reloads.counts,
    isReloaded: reloads.isLastGood,
    loadedAtMs: reloads.loadedAtMs,
    expiresAtMs: Object.fromEntries(expiries),
  };
}
