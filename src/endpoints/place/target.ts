import { originFormOf } from '../../http/target.ts';
import type { EndpointAddress } from './address.ts';

/**
 * The request target for one endpoint: the request's own path and query, byte for byte, behind the endpoint's base path
 * and query. Nothing is parsed as a URL, because that would change `/a/../b`, `//x` or `%2e`.
 * @param url `req.url`, from which Express has taken the mount prefix.
 */
export function targetFor({ basePath, baseQuery }: EndpointAddress, url: string): string {
  const own = originFormOf(url);
  if (basePath === '' && baseQuery === '') return own;
  if (own === '*') return basePath === '' ? own : basePath;
  if (baseQuery === '') return basePath + own;
  const question = own.indexOf('?');
  const path = question === -1 ? own : own.slice(0, question);
  const query = question === -1 ? '' : `&${own.slice(question + 1)}`;
  return `${basePath}${path}?${baseQuery}${query}`;
}
