import { jest } from '@jest/globals';
import type { Report } from '../../../src/cli/cluster/messages.ts';
import { Outbox } from '../../../src/cli/cluster/outbox.ts';
import type { ProxyEvent } from '../../../src/index.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the events of a worker', () => {
  test('go out together, but for those that are forgotten before', () => {
    const sent: Report[] = [];
    const send = (report: Report, _handle: unknown, _options: unknown, done: (error: null) => void) => {
      sent.push(report);
      done(null);
      return true;
    };
    const outbox = new Outbox({ on: process.on, send: send as NodeJS.Process['send'] & typeof send });
    const drained = (endpoint: string): ProxyEvent => ({ type: 'endpoint-drained', endpoint });
    outbox.event(drained('one'));
    outbox.forgetEvents();
    outbox.event(drained('two'));
    outbox.event(drained('three'));
    jest.advanceTimersByTime(1_000);
    expect(sent).toEqual([{ type: 'events', events: [drained('two'), drained('three')] }]);
  });
});
