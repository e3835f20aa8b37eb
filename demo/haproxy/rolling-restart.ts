import { onStopSignal, runCommand, UserError } from '../../shared/command.ts';
import { readFlags } from '../flags.ts';
import { flakyFlags } from '../flakiness.ts';
import { startFleet } from '../fleet.ts';
import { writeCertificate } from './certificate-files.ts';
import { findHaproxyPorts, type Haproxy, startHaproxy } from './haproxy.ts';
import { Instance } from './instance.ts';
import { startLoad } from './load.ts';

// Two instances of the command with two workers each behind HAProxy, which speaks HTTP/2 with them, restarted one after the other, again and again, while clients ask without a
// pause. The exit code is 1 when a single request is lost.

const flags = {
  requests: { help: 'least number of requests', fallback: 20_000, min: 1, max: 10_000_000 },
  clients: { help: 'number of clients', fallback: 16, min: 1, max: 1_000 },
  restarts: { help: 'how often each instance is restarted', fallback: 2, min: 0, max: 1_000 },
  seed: flakyFlags.seed,
};

async function main(): Promise<void> {
  const settings = readFlags(flags);
  const interruption = watchForInterruption();
  const fleet = await startFleet({
    ...{ 'flaky-port': 0, endpoints: 4, 'max-delay': 20, 'error-ratio': 0, 'break-ratio': 0, 'chunked-ratio': 0 },
    seed: settings.seed,
  });
  const ports = await findHaproxyPorts();
  const certificate = await writeCertificate();
  const common = { endpoints: fleet.urls, certificate };
  const instances = [
    new Instance({ ...common, name: 'one', port: ports.one, adminPort: ports.oneAdmin }),
    new Instance({ ...common, name: 'two', port: ports.two, adminPort: ports.twoAdmin }),
  ];
  const haproxy = startHaproxy(ports, certificate.cert);
  try {
    await Promise.all(instances.map((instance) => instance.start()));
    for (const { name } of instances) await haproxy.sees(name, 'UP');
    console.log(`HAProxy listens on ${haproxy.url}, in front of two instances that have four endpoints each.`);
    await restartUnderLoad(settings, { haproxy, instances, interruption });
  } finally {
    haproxy.stop();
    await Promise.all(instances.map((instance) => instance.stop()));
    await fleet.close();
    await certificate.remove();
  }
}

interface Site {
  readonly haproxy: Haproxy;
  readonly instances: readonly Instance[];
  /** Rejects when somebody wants no more of it. */
  readonly interruption: Promise<never>;
}

/** HAProxy and the instances are processes of their own: they have to be ended before this one. */
function watchForInterruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  onStopSignal(async () => reject(new UserError('stopped before the end', 1)));
  promise.catch(() => {});
  return promise;
}

async function restartUnderLoad(
  { requests, clients, restarts }: Readonly<Record<'requests' | 'clients' | 'restarts', number>>,
  { haproxy, instances, interruption }: Site,
): Promise<void> {
  const load = startLoad(haproxy.url, clients);
  const reaches = (count: number) => Promise.race([load.reaches(count), interruption]);
  try {
    for (let round = 1; round <= restarts; round++) {
      await reaches((requests * round) / (restarts + 1));
      for (const instance of instances) {
        // Between two restarts, too, the user can interrupt.
        await reaches(load.sent);
        const exitCode = await instance.stop();
        await instance.start();
        await haproxy.sees(instance.name, 'UP');
        console.log(`${load.sent} requests: instance ${instance.name} has been restarted (it ended with ${exitCode})`);
      }
    }
    await reaches(requests);
  } finally {
    await load.stop();
  }
  for (const [problem, count] of load.problems) console.log(`${count} times: ${problem}`);
  console.log(`${load.sent} requests, ${load.lost} lost`);
  if (load.lost > 0) process.exitCode = 1;
}

await runCommand(main);
