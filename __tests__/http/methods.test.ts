import { isIdempotent } from '../../src/http/methods.ts';

describe('isIdempotent', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PROPFIND', 'QUERY', 'SEARCH', 'MKCOL', 'PRI'])(
    'holds for %s',
    (method) => {
      expect(isIdempotent(method)).toBe(true);
    },
  );

  test.each(['POST', 'PATCH', 'CONNECT', 'LOCK', 'MKREDIRECT', 'PURGE', 'get', 'Get', '', 'GET ', 'toString'])(
    'does not hold for %j',
    (method) => {
      expect(isIdempotent(method)).toBe(false);
    },
  );
});
