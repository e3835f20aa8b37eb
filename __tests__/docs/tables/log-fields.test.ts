import { logLevels } from '../../../src/cli/flags/groups/logging.ts';
import { jsonFormat } from '../../../src/cli/log/log.ts';
import { requestLog } from '../../../src/cli/log/request-log.ts';
import { BalancingProxyError, type ErrorCode } from '../../../src/index.ts';
import { reportedEnd } from '../../events/reported-end.ts';
import { codeIn, tableOf, withoutAsides } from './tables.ts';

/** The fields of a request that has ended with this error. */
function fieldsOfRequest(code: ErrorCode, isCutting: boolean): readonly string[] {
  const lines: string[] = [];
  const format = jsonFormat('proxy');
  const observe = requestLog(
    (level, message, fields = {}) => void lines.push(format({ time: new Date(), level, message, fields })),
    () => ({ endpoints: [], options: {}, isCutting }),
    'info',
  );
  observe(
    reportedEnd({
      type: 'request-ended',
      requestId: 1,
      method: 'GET',
      url: '/',
      error: new BalancingProxyError(code, 'why'),
    }),
  );
  return Object.keys(JSON.parse(lines.join()));
}

test('the table of the fields of the log has each field of a request once and no other', () => {
  const fields = tableOf('field', 'meaning').flatMap(({ field }) => codeIn(withoutAsides(field)));
  const told = [...fieldsOfRequest('ERR_BRP_EXHAUSTED', false), ...fieldsOfRequest('ERR_BRP_CLIENT_GONE', true)];
  expect(fields.sort()).toEqual([...new Set(told)].sort());
});

test('the table of the levels of the log has each level once and no other', () => {
  const rows = tableOf('`-log-level`', 'what is written');
  expect(rows.flatMap((row) => codeIn(row['`-log-level`']))).toEqual([...logLevels]);
});
