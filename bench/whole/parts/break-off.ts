import { constants } from 'node:http2';
import type { GivenResponse } from './listen-both-ways.ts';

/** How an endpoint breaks off: by the end of its connection, or by a reset. */
export type BreakWay = 'end' | 'reset';

/** Breaks off a response whose bytes so far have left. Over HTTP/2 the stream is reset either way, and others of its connection go on. */
export function breakOff(res: GivenResponse, how: BreakWay): void {
  if ('stream' in res) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (how === 'reset') res.socket?.resetAndDestroy();
  else res.socket?.destroy();
}
