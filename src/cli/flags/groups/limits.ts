import { parseByteSize } from '../kinds/byte-size.ts';
import { byteSize, count, duration, limit } from '../kinds/flag-kinds.ts';

/** How long clients may take, and how much they may ask for. */
export const limits = {
  'keep-alive-timeout': duration(
    '65s',
    'time for which an idle connection of a client stays open, longer than that of a load balancer; 0 is no limit',
  ),
  'client-body-timeout': duration(
    '1m',
    'silence of a client within a request body, which then gets 408; a slow upload is not silent; 0 is no limit',
  ),
  // Middleware leaves this to its app; here it keeps clients that read nothing from holding connections to endpoints for ever.
  'client-write-timeout': limit('1m', 'timeouts.clientMs', { isOwnDefault: true }),
  'max-connections': count(
    '0',
    'most connections of clients to one process, above which they get 503, or are closed before TLS; 0 is no limit',
  ),
  'max-requests': count(
    '0',
    'most requests under way in one process, open WebSockets included, above which they get 503; 0 is no limit',
  ),
  'max-header-size': {
    ...byteSize('16KiB', 'most bytes in the head of a request, above which it gets 431'),
    expected: 'a number of bytes above 0 such as 65536 or 16KiB',
    parse: (text: string) => parseByteSize(text) || undefined,
  },
};
