import { supervisionOf } from '../../../src/cli/supervisor/supervision.ts';
import { maxTimerMs } from '../../../src/support/timer.ts';

const NOTIFY_SOCKET = '/run/systemd/notify';

test.each([
  [{}, { isWanted: false, watchdogMs: 0 }],
  [{ NOTIFY_SOCKET: '' }, { isWanted: false, watchdogMs: 0 }],
  [{ WATCHDOG_USEC: '30000000' }, { isWanted: false, watchdogMs: 0 }],
  [{ NOTIFY_SOCKET }, { isWanted: true, watchdogMs: 0 }],
  [{ NOTIFY_SOCKET: '@abstract' }, { isWanted: true, watchdogMs: 0 }],
  [
    { NOTIFY_SOCKET, WATCHDOG_USEC: '30000000' },
    { isWanted: true, watchdogMs: 30_000 },
  ],
  [
    { NOTIFY_SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' },
    { isWanted: true, watchdogMs: 30_000 },
  ],
  [
    { NOTIFY_SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' },
    { isWanted: true, watchdogMs: 0 },
  ],
  [
    { NOTIFY_SOCKET, WATCHDOG_USEC: 'soon' },
    { isWanted: true, watchdogMs: 0 },
  ],
  [
    { NOTIFY_SOCKET, WATCHDOG_USEC: '9'.repeat(18) },
    { isWanted: true, watchdogMs: maxTimerMs },
  ],
])('%j asks process 7 for %j', (environment, supervision) => {
  expect(supervisionOf(environment, 7)).toEqual(supervision);
});
