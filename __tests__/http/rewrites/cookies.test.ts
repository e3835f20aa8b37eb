import { type CookieRewrites, withRewrittenCookies } from '../../../src/http/rewrites/cookies.ts';

function rewritten(cookie: string, { domain, path }: Partial<CookieRewrites>): string | undefined {
  return withRewrittenCookies(['X-Other', cookie, 'set-cookie', cookie], { domain, path })[3];
}

describe('the rules for cookies', () => {
  const all = { '*': 'b.example' };
  test.each([
    ['replace every domain', { domain: all }, 'a=1; Domain=a.example; Path=/', 'a=1; Domain=b.example; Path=/'],
    ['whatever its case', { domain: all }, 'a=1;domain=A', 'a=1;domain=b.example'],
    ['with blanks around it', { domain: all }, 'a=1;  Domain = a.example ; Secure', 'a=1;  Domain =b.example; Secure'],
    ['each time that it comes', { domain: all }, 'a; Domain=a; Domain=b', 'a; Domain=b.example; Domain=b.example'],
    ['take a domain away', { domain: { '*': '' } }, 'a=1; Domain=a.example; Path=/', 'a=1; Path=/'],
    ['know a domain by its name', { domain: { 'a.example': 'c' } }, 'a; Domain=A.example', 'a; Domain=c'],
    ['go before that for all others', { domain: { ...all, 'a.example': '' } }, 'a; Domain=a.example', 'a'],
    ['leave other domains', { domain: { 'a.example': 'c' } }, 'a; Domain=b.a.example', 'a; Domain=b.a.example'],
    ['take no method of objects for a rule', { domain: {} }, 'a; Domain=constructor', 'a; Domain=constructor'],
    ['add no domain', { domain: all }, 'a=Domain=a; Path=/', 'a=Domain=a; Path=/'],
    ['take an empty attribute for none', { domain: all, path: all }, 'a; Domain=; Path= ; b', 'a; Domain=; Path= ; b'],
    ['replace a path', { path: { '/v1': '/api' } }, 'a=1; Path=/v1; Domain=/v1', 'a=1; Path=/api; Domain=/v1'],
    ['look at the case of paths', { path: { '/v1': '/api' } }, 'a=1; path=/V1', 'a=1; path=/V1'],
    ['replace every path', { path: { '*': '/' } }, 'a=1; path=/v1/b', 'a=1; path=/'],
    ['take a path away', { path: { '*': '' } }, 'a=1; path=/v1/b; Secure', 'a=1; Secure'],
    ['leave the path of a cookie of one host', { path: { '*': '/a' } }, '__Host-a=1; Path=/', '__Host-a=1; Path=/'],
    ['do both', { domain: all, path: { '*': '/' } }, 'a; path=/b; domain=c', 'a; path=/; domain=b.example'],
  ])('%s', (_, rules, cookie, expected) => {
    expect(rewritten(cookie, rules)).toBe(expected);
  });

  test('leave all other headers', () => {
    const headers = ['X-Cookie', 'a; Domain=b', 'Set-Cookie', 'a; Domain=b', 'Set-Cookie', 'b'];
    expect(withRewrittenCookies(headers, { domain: { '*': 'c' }, path: undefined })).toEqual([
      ...['X-Cookie', 'a; Domain=b', 'Set-Cookie', 'a; Domain=c', 'Set-Cookie', 'b'],
    ]);
  });
});
