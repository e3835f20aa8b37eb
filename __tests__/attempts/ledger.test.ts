import { Readable } from 'node:stream';
import v8 from 'node:v8';
import vm from 'node:vm';
import { jest } from '@jest/globals';
import { AttemptLedger } from '../../src/attempts/ledger.ts';
import { BalancingProxyError } from '../../src/errors.ts';
import type { ProxyEvent } from '../../src/events/events.ts';
import { Events } from '../../src/events/proxy-events.ts';
import { Reporter } from '../../src/events/reporter.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { AttemptReason } from '../../src/race/rules.ts';
import type { UpstreamResponse } from '../../src/transports/message/transport.ts';
import { candidateNamed } from '../endpoints/candidates.ts';
import { until } from '../helpers/until.ts';
import { clientRequest } from '../http/client-request.ts';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** A ledger whose attempts are sent by a transport that does as the test says. */
function openLedger() {
  const req = clientRequest({});
  const events = new Events();
  const seen: ProxyEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const ledger = new AttemptLedger(
    new Reporter(events, { requestId: 1, xRequestId: undefined, req, trustForwarded: undefined }),
    performance.now(),
  );
  const make = (send: () => Promise<UpstreamResponse>, reason: AttemptReason = 'first') => {
    const candidate = candidateNamed('one');
    const transport = { send, close: async () => {} };
    const outgoing = { method: 'GET', url: '/', host: undefined, headers: [], body: undefined, isUpgrade: false };
    const config = resolveOptions({ endpoints: ['http://one.example'], transport, timeouts: { responseMs: Infinity } });
    const abort = new AbortController();
    return {
      abort,
      endpoint: candidate.endpoint,
      judged: ledger.make(candidate, reason, { req, outgoing, config, abort }),
    };
  };
  return { ledger, make, ended: () => seen.filter(({ type }) => type === 'attempt-ended') };
}

const answer = async (): Promise<UpstreamResponse> => ({
  status: 200,
  statusText: '',
  headers: ['Content-Length', '4'],
  body: Readable.from([Buffer.from('body')]),
  trailers: () => [],
});

describe('the ledger of attempts', () => {
  test('keeps nothing that was at work in a failed attempt of `retry`, of which there may be hundreds', async () => {
    const { ledger, make } = openLedger();
    const sockets: WeakRef<object>[] = [];
    const refuse = () => {
      const socket = {};
      const fail = (): never => {
        sockets.push(new WeakRef(socket));
        throw new BalancingProxyError('ERR_BRP_CONNECT', 'refused', { cause: new Error('refused') });
      };
      return fail();
    };
    await expect(make(async () => refuse(), 'retry').judged).rejects.toThrow('refused');
    await until(() => {
      collectGarbage();
      return sockets[0]?.deref() === undefined;
    });
    expect(ledger.reports()[0]?.error?.stack).toContain('refuse');
  });

  test('counts each attempt at its endpoint from its start to its end', async () => {
    const { ledger, make } = openLedger();
    const { endpoint, judged } = make(answer);
    expect(endpoint.inFlight).toBe(1);
    ledger.end((await judged).attempt, { outcome: 'won' });
    expect(endpoint.snapshot()).toMatchObject({ inFlight: 0, wins: 1 });
  });

  test('keeps the outcome of an attempt whose body breaks off later, and counts that at its endpoint', async () => {
    const { ledger, make, ended } = openLedger();
    const { endpoint, judged } = make(answer);
    const { attempt } = await judged;
    ledger.end(attempt, { outcome: 'won' });
    const error = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'why');
    ledger.brokeOff(attempt, error, 3);
    expect(ledger.reports()).toMatchObject([{ outcome: 'won', error, brokeOff: { atByte: 3 } }]);
    expect(endpoint.snapshot()).toMatchObject({ inFlight: 0, successes: 1, failures: 0, healthRatio: 15 / 16 });
    expect(ended()).toHaveLength(1);
  });

  test('ends an attempt that fails, and cuts it off', async () => {
    const { ledger, make, ended } = openLedger();
    const lost = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'why');
    const { abort, judged } = make(() => Promise.reject(lost));
    await expect(judged).rejects.toBe(lost);
    expect(abort.signal.reason).toBe(lost);
    expect(ledger.reports()).toMatchObject([{ outcome: 'failed', error: lost }]);
    expect(ended()).toHaveLength(1);
  });

  test('ends an attempt once, whatever comes later', async () => {
    const { ledger, make, ended } = openLedger();
    const { abort, judged } = make(answer);
    const value = await judged;
    ledger.endUnchosen({ value, abort });
    ledger.end(value.attempt, { outcome: 'won' });
    ledger.cancel();
    expect(ledger.reports()).toMatchObject([{ outcome: 'lost', status: 200, discardedBytes: 4 }]);
    expect(ended()).toHaveLength(1);
  });

  test('cancels what is under way', () => {
    const { ledger, make } = openLedger();
    make(() => new Promise(() => {}));
    make(() => new Promise(() => {}));
    ledger.cancel();
    expect(ledger.reports()).toMatchObject([{ outcome: 'cancelled' }, { outcome: 'cancelled' }]);
  });

  test('tells when all attempts have ended, at once where none was made', () => {
    const onAllEnded = jest.fn();
    openLedger().ledger.whenAllEnded(onAllEnded);
    expect(onAllEnded).toHaveBeenCalledTimes(1);
  });

  test('tells when the last attempt has ended', () => {
    const { ledger, make } = openLedger();
    make(() => new Promise(() => {}));
    const onAllEnded = jest.fn();
    ledger.whenAllEnded(onAllEnded);
    expect(onAllEnded).not.toHaveBeenCalled();
    ledger.cancel();
    expect(onAllEnded).toHaveBeenCalledTimes(1);
  });
});
