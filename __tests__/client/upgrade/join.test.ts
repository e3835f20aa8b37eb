import { Socket } from 'node:net';
import { joinConnections } from '../../../src/client/upgrade/join.ts';

describe('join', () => {
  test('has TCP ask both sides after silence whether they are still there', async () => {
    const probes: unknown[] = [];
    const probed = (name: string) =>
      Object.assign(new Socket(), { setKeepAlive: (...settings: unknown[]) => void probes.push([name, ...settings]) });
    const [client, upstream] = [probed('client'), probed('upstream')];
    const joined = joinConnections({ client, upstream, clientMs: Infinity });
    expect(probes).toEqual([
      ['client', true, 30_000],
      ['upstream', true, 30_000],
    ]);
    client.destroy();
    upstream.destroy();
    expect(await joined).toBe(0);
  });
});
