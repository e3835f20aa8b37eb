import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { streamBody } from '../../../src/client/response/stream-body.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** The connection of a client that reads nothing. */
const deafSocket = () => Object.assign(new Socket(), { write: () => false });

/** Streams a body to a client that reads nothing, as far as its connection tells. */
async function stream(limits: { readonly idleMs?: number; readonly clientMs?: number }, isQueued = false) {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  Object.assign(res, { write: () => false, flushHeaders: () => {} });
  if (!isQueued) res.assignSocket(deafSocket());
  const body = new PassThrough();
  const response = { status: 200, statusText: 'OK', headers: [], body, trailers: () => [] };
  const answer = { response, headers: [], interim: [], body, announcedBytes: undefined };
  let outcome: unknown = 'under way';
  streamBody(res, body, { ...answer, idleMs: Infinity, clientMs: Infinity, ...limits }).then(
    (bytes) => {
      outcome = bytes;
    },
    ({ code }) => {
      outcome = code;
    },
  );
  const settled = async () => {
    await setImmediate();
    return outcome;
  };
  const send = (text: string) => {
    body.write(text);
    return setImmediate();
  };
  await send('first');
  return { res, body, send, settled };
}

describe('`clientMs`', () => {
  test('breaks off when the client has left a part unread for so long', async () => {
    const { settled } = await stream({ clientMs: 100 });
    jest.advanceTimersByTime(99);
    expect(await settled()).toBe('under way');
    jest.advanceTimersByTime(1);
    expect(await settled()).toBe('ERR_BRP_CLIENT_TIMEOUT');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('counts anew with every part', async () => {
    const { res, send, settled } = await stream({ clientMs: 100 });
    for (let part = 0; part < 5; part++) {
      jest.advanceTimersByTime(99);
      res.emit('drain');
      await send('next');
    }
    expect(await settled()).toBe('under way');
  });

  test('does not count while the client has read all', async () => {
    const { res, body, settled } = await stream({ clientMs: 100 });
    res.emit('drain');
    jest.advanceTimersByTime(100_000);
    expect(await settled()).toBe('under way');
    body.end();
    expect([await settled(), await settled()]).toEqual([5, 5]);
  });

  test('does not count while an earlier response is on the connection', async () => {
    const { res, settled } = await stream({ clientMs: 100 }, true);
    jest.advanceTimersByTime(1_000);
    expect(await settled()).toBe('under way');
    res.assignSocket(deafSocket());
    jest.advanceTimersByTime(100);
    expect(await settled()).toBe('ERR_BRP_CLIENT_TIMEOUT');
  });

  test('is no silence of the endpoint', async () => {
    const { settled } = await stream({ idleMs: 10, clientMs: 100 });
    jest.advanceTimersByTime(100);
    expect(await settled()).toBe('ERR_BRP_CLIENT_TIMEOUT');
  });
});

test('a client may read as slowly as it likes by default', async () => {
  const { settled } = await stream({});
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(1_000_000);
  expect(await settled()).toBe('under way');
});
