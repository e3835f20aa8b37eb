import type { Server } from 'node:http';
import { seedLimit } from '../../shared/random.ts';
import { close, listen } from '../listen.ts';
import { createMirror } from './mirror.ts';
import type { MirrorFile } from './mirror-file.ts';
import type { NamedServers } from './stream-app.ts';
import { createTokenServer, tokenManners } from './token-servers.ts';

/** The servers behind both mounts. */
export interface StreamServers {
  readonly tokens: NamedServers;
  readonly mirrors: NamedServers;
  close(): Promise<void>;
}

/** Starts the servers on free ports: three token streams, and four mirrors that break off after 5 to 20 MB. */
export async function startStreamServers(file: MirrorFile, seed: number): Promise<StreamServers> {
  const started: Server[] = [];
  const start = async (name: string, server: Server): Promise<NamedServers[number]> => {
    started.push(server);
    return { name, url: `http://127.0.0.1:${await listen(server, { port: 0, flag: 'port' })}` };
  };
  const tokens = tokenManners.map((manner) =>
    start(manner, createTokenServer(manner, { firstAfterMs: 600, everyMs: 100 })),
  );
  const mirrors = ['a', 'b', 'c', 'd'].map((name, index) => {
    const options = { file, breaksWithin: { least: 5_000_000, most: 20_000_000 }, seed: (seed + index) % seedLimit };
    // Two of them are well enough for what is small.
    return start(name, createMirror({ ...options, breaksList: index < 2 }));
  });
  return {
    tokens: await Promise.all(tokens),
    mirrors: await Promise.all(mirrors),
    close: async () => void (await Promise.all(started.map(close))),
  };
}
