import { PassThrough, Readable } from 'node:stream';
import { Attempt } from '../../../src/attempts/attempt/attempt.ts';
import { examine } from '../../../src/attempts/response/examine.ts';
import { resolveOptions } from '../../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../../src/options/options.ts';
import type { UpstreamResponse } from '../../../src/transports/message/transport.ts';
import { candidateNamed } from '../../endpoints/candidates.ts';
import { clientRequest } from '../../http/client-request.ts';

interface Case {
  readonly options?: Omit<BalancingProxyOptions, 'endpoints'>;
  readonly response?: Partial<UpstreamResponse>;
  readonly isUpgrade?: boolean;
}

function judged({ options = {}, response = {}, isUpgrade = false }: Case) {
  const candidate = candidateNamed('one');
  const headers = isUpgrade ? ['Upgrade', 'websocket'] : [];
  const outgoing = { method: 'GET', url: '/', host: undefined, headers, body: undefined, isUpgrade };
  const upstream = { status: 200, statusText: '', headers: [], body: Readable.from([]), trailers: () => [] };
  const verdict = examine(
    {
      attempt: new Attempt({ candidate, reason: 'first', number: 1, requestStartedAt: 0 }),
      response: { ...upstream, ...response },
      interim: [],
    },
    {
      req: clientRequest({}),
      outgoing,
      config: resolveOptions({ endpoints: ['http://one.example'], ...options }),
      abort: new AbortController(),
    },
  );
  return { verdict, endpoint: candidate.endpoint };
}

const upgraded = { socket: new PassThrough(), head: Buffer.alloc(0) };
/** What was asked for. */
const switched = { status: 101, upgraded, headers: ['Upgrade', 'websocket'] };

describe('the verdict on a response', () => {
  test.each<{ what: string; isUsable: boolean; isPreferred: boolean } & Case>([
    { what: 'a good status', isUsable: true, isPreferred: true },
    { what: 'a status that is not terminal', response: { status: 500 }, isUsable: false, isPreferred: true },
    {
      what: 'a terminal status that is not preferred',
      response: { status: 404 },
      options: { preferStatuses: '200,300' },
      isUsable: true,
      isPreferred: false,
    },
    {
      what: 'an upgrade, which no preference holds up',
      response: switched,
      options: { preferStatuses: '200' },
      isUpgrade: true,
      isUsable: true,
      isPreferred: true,
    },
    {
      what: 'an upgrade of which the predicate would not approve',
      response: switched,
      options: { isUsable: () => false },
      isUpgrade: true,
      isUsable: true,
      isPreferred: true,
    },
    {
      what: 'an ordinary response to an upgrade',
      response: { status: 200 },
      isUpgrade: true,
      isUsable: false,
      isPreferred: true,
    },
    {
      what: 'a good status of which the predicate does not approve',
      options: { isUsable: () => false },
      isUsable: false,
      isPreferred: true,
    },
  ])('is for $what: usable $isUsable, preferred $isPreferred', async ({ isUsable, isPreferred, ...given }) => {
    await expect(judged(given).verdict).resolves.toMatchObject({ isUsable, isPreferred });
  });

  test('is a failed attempt for an upgrade that nobody asked for', async () => {
    await expect(judged({ response: { status: 101, upgraded } }).verdict).rejects.toMatchObject({
      code: 'ERR_BRP_BAD_RESPONSE',
    });
  });

  test.each([
    { status: 503, isCooling: true },
    { status: 429, isCooling: true },
    { status: 200, isCooling: false },
  ])('hears Retry-After with status $status: $isCooling', async ({ status, isCooling }) => {
    const { verdict, endpoint } = judged({ response: { status, headers: ['Retry-After', '30'] } });
    await verdict;
    expect(endpoint.isCooling).toBe(isCooling);
  });
});
