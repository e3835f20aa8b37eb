import type { FlagValues } from '../flags/flags.ts';
import { jsonFormat, type LogFormat, textFormat } from './log.ts';

/** The format of the log that the flags ask for. */
export function formatOf(values: FlagValues): LogFormat {
  const prefix = values['log-prefix'];
  if (values['log-format'] === 'json') return jsonFormat(prefix);
  return textFormat({
    prefix,
    date: values['log-date'],
    time: values['log-time'],
    milliseconds: values['log-msec'],
    utc: values['log-utc'],
  });
}
