import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { Frame } from '../../../src/observers/dashboard/history/frame.ts';
import { until } from '../../helpers/until.ts';

/** A viewer of a dashboard, over a connection of its own. */
export interface EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All that has come. */
  readonly text: string;
  /** What the events said that have come. */
  readonly frames: readonly Frame[];
  /** Whether the server has ended it. */
  readonly hasEnded: boolean;
  /** Resolves with the first frame of which this is true. */
  frame(isWanted: (frame: Frame) => boolean): Promise<Frame>;
  /** Resolves with the next frame. */
  nextFrame(): Promise<Frame>;
  /** Takes nothing any more, until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Watches, as the page does. @param url that of the dashboard, with a slash at its end. */
export async function watch(url: string, headers: http.OutgoingHttpHeaders = {}): Promise<EventStream> {
  const client = http.get(`${url}events`, { agent: false, headers });
  const [res] = (await once(client, 'response')) as [http.IncomingMessage];
  let text = '';
  let rest = '';
  let hasEnded = false;
  const frames: Frame[] = [];
  res.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const events = (rest + chunk).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const [, data] = event.split(/^data: /m);
      if (data !== undefined) frames.push(JSON.parse(data));
    }
  });
  res.on('end', () => {
    hasEnded = true;
  });
  // It is we who break it off.
  res.on('error', () => {});
  client.on('error', () => {});
  const frame = async (isWanted: (frame: Frame) => boolean): Promise<Frame> => {
    await until(() => frames.some(isWanted));
    return frames.find(isWanted) as Frame;
  };
  return {
    status: res.statusCode ?? 0,
    headers: res.headers,
    frames,
    frame,
    nextFrame: () => {
      const known = frames.length;
      return frame((one) => frames.indexOf(one) >= known);
    },
    get text() {
      return text;
    },
    get hasEnded() {
      return hasEnded;
    },
    pause: () => void res.pause(),
    resume: () => void res.resume(),
    close: () => void client.destroy(),
  };
}
