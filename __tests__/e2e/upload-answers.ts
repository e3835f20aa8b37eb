import type { RequestEnded } from '../../src/index.ts';
import type { ServedProxy } from '../helpers/proxy.ts';
import { head } from '../helpers/raw.ts';

export const ok = `${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`;

/** What was reported of the latest request when it ended. */
export const endOf = (served: ServedProxy) =>
  served.events.findLast((event) => event.type === 'request-ended') as RequestEnded;
