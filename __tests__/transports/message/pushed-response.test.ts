import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { type Flow, PushedResponse } from '../../../src/transports/message/pushed-response.ts';

/** A flow that keeps what it is told. */
class RecordedFlow implements Flow {
  isPaused = false;
  readonly reasons: unknown[] = [];
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  abort(reason: Error): void {
    this.reasons.push(reason);
  }
}

const kibibytes = (count: number) => Buffer.alloc(count * 1_024, 'x');

describe('PushedResponse', () => {
  const open = () => {
    const flow = new RecordedFlow();
    const onDone = jest.fn();
    const head = { status: 200, statusText: 'OK', headers: ['X-A', '1'] };
    return { flow, onDone, response: new PushedResponse(head, flow, onDone) };
  };
  test('gives the head as it is', () => {
    expect(open().response).toMatchObject({ status: 200, statusText: 'OK', headers: ['X-A', '1'] });
  });

  test('gives chunks from before and after somebody has looked at the body, and trailers', async () => {
    const { response, onDone } = open();
    response.push(Buffer.from('before '));
    const { body } = response;
    expect(response.body).toBe(body);
    response.push(Buffer.from('after'));
    response.end(['X-T', 't']);
    expect(await textOf(body)).toBe('before after');
    expect(response.trailers()).toEqual(['X-T', 't']);
    expect(onDone).toHaveBeenCalledTimes(1);
  });

  test('gives a body that ended before anybody looked at it', async () => {
    const { response } = open();
    response.push(Buffer.from('whole'));
    response.end([]);
    expect(await textOf(response.body)).toBe('whole');
  });

  describe('takeWhole()', () => {
    test('gives all chunks, and nothing is left to cancel', () => {
      const { response, onDone } = open();
      response.push(Buffer.from('a'));
      response.push(Buffer.from('b'));
      response.end(['X-T', 't']);
      expect(String(response.takeWhole())).toBe('ab');
      expect(onDone).toHaveBeenCalledTimes(1);
    });

    test('gives an empty body', () => {
      const { response } = open();
      response.end([]);
      expect(response.takeWhole()).toEqual(Buffer.alloc(0));
    });

    test.each<[string, (response: PushedResponse) => unknown]>([
      ['is not here to its end', () => {}],
      ['broke off', (response) => response.fail(new Error('lost'))],
      [
        'broke off and then seemed to end',
        (response) => {
          response.fail(new Error('lost'));
          response.end([]);
        },
      ],
      ['is being read already', (response) => [response.body, response.end([])]],
    ])('gives nothing of a body that %s', (_, act) => {
      const { response, onDone } = open();
      response.push(Buffer.from('a'));
      act(response);
      expect(response.takeWhole()).toBeUndefined();
      expect(onDone).not.toHaveBeenCalled();
    });
  });

  describe('holds back the endpoint', () => {
    test('when more than 64 KiB are unread, and lets it go on with the first reader', async () => {
      const { response, flow } = open();
      response.push(kibibytes(64));
      expect(flow.isPaused).toBe(false);
      response.push(kibibytes(1));
      expect(flow.isPaused).toBe(true);
      const { body } = response;
      await setImmediate();
      expect(flow.isPaused).toBe(true);
      let received = 0;
      body.on('data', (chunk: Buffer) => (received += chunk.length));
      await setImmediate();
      expect([received, flow.isPaused]).toEqual([65 * 1_024, false]);
    });

    test('while a reader pauses', async () => {
      const { response, flow } = open();
      const { body } = response;
      body.resume();
      await setImmediate();
      body.pause();
      for (let i = 0; i < 100 && !flow.isPaused; i++) response.push(kibibytes(16));
      expect(body.readableLength).toBeLessThanOrEqual(body.readableHighWaterMark);
      await setImmediate();
      expect(flow.isPaused).toBe(true);
      body.resume();
      await setImmediate();
      expect(flow.isPaused).toBe(false);
    });

    test('while somebody reads in pieces, and loses none', async () => {
      const { response, flow } = open();
      const { body } = response;
      let pushed = 0;
      let received = 0;
      for (let round = 0; round < 200; round++) {
        if (!flow.isPaused) response.push(Buffer.alloc(10_000, ++pushed));
        await setImmediate();
        const piece = body.read(7_000) as Buffer | null;
        received += piece?.length ?? 0;
        expect(body.readableLength).toBeLessThan(100_000);
      }
      response.end([]);
      for await (const chunk of body) received += (chunk as Buffer).length;
      expect(received).toBe(pushed * 10_000);
    });
  });

  describe('that breaks off', () => {
    test.each([
      ['before', true],
      ['after', false],
    ])('%s somebody has looked at the body never ends as if it were whole', async (_, isBefore) => {
      const { response, flow, onDone } = open();
      response.push(Buffer.from('half'));
      if (isBefore) response.fail(new Error('lost'));
      const { body } = response;
      if (!isBefore) response.fail(new Error('lost'));
      response.end([]);
      await expect(textOf(body)).rejects.toThrow('lost');
      expect(flow.reasons).toEqual([]);
      expect(onDone).toHaveBeenCalledTimes(1);
    });

    test('harms nobody who does not listen', async () => {
      const { response } = open();
      const { body } = response;
      const closed = new Promise((resolve) => body.once('close', resolve));
      response.fail(new Error('lost'));
      await closed;
    });

    test('when it has ended is whole nevertheless', async () => {
      const { response } = open();
      response.push(Buffer.from('whole'));
      response.end([]);
      response.fail(new Error('closed'));
      expect(await textOf(response.body)).toBe('whole');
    });
  });

  describe('that is cancelled', () => {
    test('before somebody has looked at the body aborts the request', () => {
      const { response, flow } = open();
      const reason = new Error('enough');
      response.cancel(reason);
      expect(flow.reasons).toEqual([reason]);
    });

    test('within the body aborts the request once and breaks the body', async () => {
      const { response, flow, onDone } = open();
      const { body } = response;
      response.push(Buffer.from('half'));
      response.cancel(new Error('enough'));
      response.cancel(new Error('again'));
      await expect(textOf(body)).rejects.toThrow('enough');
      expect(flow.reasons).toEqual([new Error('enough')]);
      expect(onDone).toHaveBeenCalledTimes(1);
    });

    test('when it has ended aborts nothing, as the connection serves others by then', async () => {
      const { response, flow } = open();
      const { body } = response;
      response.push(Buffer.from('whole'));
      response.end([]);
      response.cancel(new Error('enough'));
      await expect(textOf(body)).rejects.toThrow('enough');
      const untouched = open();
      untouched.response.end([]);
      untouched.response.cancel(new Error('enough'));
      expect([flow.reasons, untouched.flow.reasons]).toEqual([[], []]);
    });

    test('by destroying its body aborts the request', async () => {
      const { response, flow, onDone } = open();
      response.body.destroy();
      await once(response.body, 'close');
      expect(flow.reasons).toHaveLength(1);
      expect(onDone).toHaveBeenCalledTimes(1);
    });

    test('holds back what still comes', async () => {
      const { response, flow } = open();
      const { body } = response;
      response.cancel(new Error('enough'));
      response.push(Buffer.from('late'));
      expect(flow.isPaused).toBe(true);
      await expect(textOf(body)).rejects.toThrow('enough');
    });
  });
});
