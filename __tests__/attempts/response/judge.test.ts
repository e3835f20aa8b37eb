import { PassThrough, Readable } from 'node:stream';
import { judge, type Verdict } from '../../../src/attempts/response/judge.ts';
import { resolveOptions } from '../../../src/options/config.ts';
import type { UpstreamResponse } from '../../../src/transports/message/transport.ts';

interface Given {
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly method?: string;
  /** What the client asks to upgrade to. */
  readonly upgrade?: string;
  /** The endpoint has switched protocols. */
  readonly isUpgraded?: boolean;
  readonly endsWithHead?: boolean;
  readonly terminalStatuses?: string;
  readonly preferStatuses?: string;
  readonly holdBytes?: number;
  readonly holdMs?: number;
}

function verdictOn(given: Given): Verdict {
  const { status = 200, headers = [], method = 'GET', upgrade, isUpgraded, endsWithHead, ...options } = given;
  const response: UpstreamResponse = {
    status,
    statusText: '',
    headers,
    body: Readable.from([]),
    trailers: () => [],
    ...(endsWithHead && { endsWithHead }),
    ...(isUpgraded && { upgraded: { socket: new PassThrough(), head: Buffer.alloc(0) } }),
  };
  const request = { method, headers: upgrade ? ['Upgrade', upgrade] : [], isUpgrade: upgrade !== undefined };
  return judge(response, request, resolveOptions({ endpoints: ['http://one.example'], ...options }));
}

const good: Verdict = {
  fault: undefined,
  isTerminal: true,
  isPreferred: true,
  announcedBytes: undefined,
  wins: 'held',
};
const length = (bytes: number | string) => ['Content-Length', String(bytes)];
const switched = { status: 101, isUpgraded: true, headers: ['Upgrade', 'websocket'] };
const unasked = 'switched protocols without being asked to, or without saying to which';

describe('the verdict on the head of a response', () => {
  test.each<[string, Given, Partial<Verdict>]>([
    ['a good status', {}, {}],
    ['a status of another class that is terminal', { status: 404 }, {}],
    ['a status that is not terminal', { status: 500 }, { isTerminal: false }],
    ['a status that is terminal by option', { status: 500, terminalStatuses: '500' }, {}],
    ['a status that is not terminal by option', { status: 404, terminalStatuses: '200' }, { isTerminal: false }],
    ['a status that is not preferred', { status: 404, preferStatuses: '200' }, { isPreferred: false }],
    ['a status that is preferred', { status: 200, preferStatuses: '200' }, {}],
    ['an empty body', { headers: length(0) }, { announcedBytes: 0, wins: 'whole' }],
    ['a body of 64 KiB', { headers: length(65_536) }, { announcedBytes: 65_536, wins: 'whole' }],
    ['a body of a byte more', { headers: length(65_537) }, { announcedBytes: 65_537, wins: 'at-head' }],
    [
      'a small body that may not win',
      { status: 500, headers: length(5) },
      { isTerminal: false, announcedBytes: 5, wins: 'whole' },
    ],
    ['a HEAD of whatever length', { method: 'HEAD', headers: length(1e9) }, { announcedBytes: 0, wins: 'whole' }],
    ['a 204', { status: 204 }, { announcedBytes: 0, wins: 'whole' }],
    [
      'a 304 with the length of another body',
      { status: 304, headers: length(9) },
      { announcedBytes: 0, wins: 'whole' },
    ],
    ['a head that ends its stream', { endsWithHead: true }, { announcedBytes: 0, wins: 'whole' }],
    ['a body in chunks', { headers: ['Transfer-Encoding', 'chunked'] }, {}],
    ['a body in chunks when no byte is held', { holdBytes: 0 }, { wins: 'at-head' }],
    ['a body in chunks when it is held for no time', { holdMs: 0 }, { wins: 'at-head' }],
    ['an empty body when no byte is held', { headers: length(0), holdBytes: 0 }, { announcedBytes: 0, wins: 'whole' }],
    [
      'a body of a byte when none is held',
      { headers: length(1), holdBytes: 0 },
      { announcedBytes: 1, wins: 'at-head' },
    ],
    [
      'a body of 64 KiB when more is held',
      { headers: length(2e5), holdBytes: 2e5 },
      { announcedBytes: 2e5, wins: 'whole' },
    ],
    ['a small body held for no time', { headers: length(5), holdMs: 0 }, { announcedBytes: 5, wins: 'whole' }],
    ['a stream of events', { headers: ['Content-Type', 'text/event-stream'] }, { wins: 'at-head' }],
    ['a body that nobody may keep back', { headers: ['X-Accel-Buffering', 'no'] }, { wins: 'at-head' }],
    [
      'events of a known length',
      { headers: ['Content-Type', 'text/event-stream', ...length(5)] },
      { announcedBytes: 5, wins: 'whole' },
    ],
    [
      'a coding that nobody takes off',
      { headers: ['Transfer-Encoding', 'gzip, chunked'] },
      { fault: 'answered with the transfer coding gzip, chunked' },
    ],
    ['a final status below 200', { status: 102 }, { fault: 'answered with the final status 102' }],
    ['an upgrade to what was asked for', { ...switched, upgrade: 'websocket' }, { wins: 'at-head' }],
    [
      'an upgrade, which no preference holds up',
      { ...switched, upgrade: 'websocket', preferStatuses: '200' },
      { wins: 'at-head' },
    ],
    [
      'an upgrade, which no length holds up',
      { ...switched, headers: ['Upgrade', 'websocket', ...length(5)], upgrade: 'websocket' },
      { announcedBytes: 5, wins: 'at-head' },
    ],
    [
      'an upgrade to something else',
      { ...switched, upgrade: 'other' },
      { fault: 'switched to protocols that it was not asked for', wins: 'at-head' },
    ],
    [
      'an upgrade that nobody asked for',
      switched,
      { fault: 'switched to protocols that it was not asked for', wins: 'at-head' },
    ],
    ['a 101 without an upgrade', { status: 101, upgrade: 'websocket' }, { fault: unasked }],
    ['a 101 that nobody asked for', { status: 101 }, { fault: unasked }],
    ['an ordinary response to an upgrade', { upgrade: 'websocket' }, { isTerminal: false }],
  ])('is the right one for %s', (_, given, expected) => {
    expect(verdictOn(given)).toEqual({ ...good, ...expected });
  });
});
