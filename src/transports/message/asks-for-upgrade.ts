import { type HeaderList, valuesOf } from '../../http/headers.ts';

/** Whether these headers ask to switch protocols; no others have that one (RFC 9110 7.8). */
export function asksForUpgrade(headers: HeaderList): boolean {
  return valuesOf(headers, 'upgrade').length > 0;
}
