import { attacks } from '../../bench/slow/attacks.ts';
import { during, OrdinaryClients } from '../../bench/slow/measure.ts';
import { startServers } from '../../bench/slow/servers.ts';
import { describeWith } from '../helpers/programs.ts';
import { Resources } from '../helpers/proxy.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const size = { connections: 200, perSecond: 200, seconds: 60 };
const windows = { count: 3, requests: 100, perSecond: 100 };

/** Milliseconds by which anything may be late on a machine that has other things to do, too. */
const noiseMs = 30;

/** How often a measurement is made before it is believed to be bad. */
const tries = 4;

describeWith('clients that take their time', ['slowhttptest', 'nginx'], () => {
  test.each(attacks)('leave ordinary requests whole, and their p99 within twice that before: $name', async (attack) => {
    const servers = resources.use(await startServers());
    const clients = new OrdinaryClients();
    resources.use({ close: () => clients.end() });
    const url = servers.urls.command;
    const ask = () => clients.ask(url, windows);
    await ask();
    const seen: string[] = [];
    for (let i = 0; i < tries; i++) {
      const quiet = await ask();
      const slow = await during(attack, url, size, ask);
      expect(slow.failures).toBe(0);
      seen.push(`${slow.p99Ms} ms, and ${quiet.p99Ms} ms before`);
      if (slow.p99Ms <= 2 * quiet.p99Ms + noiseMs) return;
    }
    throw new Error(`the p99 was ${seen.join('; ')}`);
  });
});
