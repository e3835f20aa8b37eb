import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { Frame, RaceRow } from '../../src/observers/dashboard/history/frame.ts';

/** Somebody who has the dashboard open. */
export interface DashboardViewer {
  /** The state that the dashboard shows. */
  readonly frame: Frame | undefined;
  /** The paths of the requests whose races it has shown, in order. */
  readonly paths: readonly string[];
  /** The race that it has shown last. */
  readonly race: RaceRow | undefined;
  /** Resolves when the stream is over, with whether it was ended properly. */
  readonly ended: Promise<boolean>;
  close(): void;
}

/** Opens the stream of events behind the dashboard. */
export async function watch(adminUrl: string): Promise<DashboardViewer> {
  const client = http.get(`${adminUrl}/dashboard/events`, { agent: false });
  const [res] = (await once(client, 'response')) as [IncomingMessage];
  res.on('error', () => {});
  let text = '';
  let frame: Frame | undefined;
  let race: RaceRow | undefined;
  const paths = new Map<number, string>();
  res.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const [, data] = /^data: (.+)$/m.exec(part) ?? [];
      if (!data) continue;
      frame = JSON.parse(data) as Frame;
      for (const { id, path } of frame.races) paths.set(id, path);
      race = frame.races.at(-1) ?? race;
    }
  });
  return {
    get frame() {
      return frame;
    },
    get race() {
      return race;
    },
    get paths() {
      return [...paths.values()];
    },
    ended: new Promise((resolve) => res.once('close', () => resolve(res.complete))),
    close: () => client.destroy(),
  };
}
