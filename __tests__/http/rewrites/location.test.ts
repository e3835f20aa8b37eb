import { mayLead, rewrittenLocation } from '../../../src/http/rewrites/location.ts';

const from = { hosts: ['a.internal:8080'], basePath: '/v1', baseQuery: 'key=1', secure: false };
const endpoints = [
  from,
  { hosts: ['b.internal:80'], basePath: '', baseQuery: '' },
  { hosts: ['b.internal:80', 'known.internal:80'], basePath: '/v2', baseQuery: '' },
  { hosts: ['[::1]:8080'], basePath: '', baseQuery: '' },
];

describe('a `Location`', () => {
  test.each([
    ['to the endpoint', 'http://a.internal:8080/v1/cart?id=7#top', '/api/cart?id=7#top'],
    ['to its base path', 'http://a.internal:8080/v1', '/api'],
    ['to the root of another endpoint', 'http://b.internal', '/api'],
    ['to the query of another endpoint', 'http://b.internal?id=7', '/api?id=7'],
    ['below two base paths, to the longer one', 'http://b.internal/v2/cart', '/api/cart'],
    ['to an endpoint by another name of it', 'http://known.internal/v2/', '/api/'],
    ['over another protocol', 'https://a.internal:8080/v1/', '/api/'],
    ['with the usual port', 'HTTP://B.internal:80/cart', '/api/cart'],
    ['without a protocol', '//b.internal/cart', '/api/cart'],
    ['with backslashes, as browsers read it', 'http:\\\\b.internal/cart', '/api/cart'],
    ['with a user', 'http://user:pass@b.internal/cart', '/api/cart'],
    ['to an IPv6 address', 'http://[::1]:8080/cart', '/api/cart'],
    ['to a path of the endpoint', '/v1/cart', '/api/cart'],
    ['with the bytes of the path', '/v1/a/../%7eb//c', '/api/a/../%7eb//c'],
    ["without the key of the endpoint's URL", '/v1/cart?key=1&id=7', '/api/cart?id=7'],
    ['and no empty query', '/v1/cart?key=1#top', '/api/cart#top'],
    ['but with a key that is longer', '/v1/cart?key=12', '/api/cart?key=12'],
  ])('%s leads to the proxy', (_, location, expected) => {
    expect(rewrittenLocation(location, { from, endpoints, base: '/api' })).toBe(expected);
  });

  test.each([
    ['to elsewhere', 'https://login.example/v1/'],
    ['to another port', 'http://a.internal/v1/'],
    ['to the usual port of another protocol', 'https://b.internal/cart'],
    ['to a path that is not below the base path', 'http://a.internal:8080/v10'],
    ['to a path outside the base path', '/cart'],
    ['that is relative', 'cart'],
    ['of a query', '?page=2'],
    ['of a fragment', '#top'],
    ['that is empty', ''],
    ['of another scheme', 'mailto:a@b.internal'],
    ['whose host is none', 'http://b internal/'],
  ])('%s stays', (_, location) => {
    expect(rewrittenLocation(location, { from, endpoints, base: '/api' })).toBe(location);
  });

  test.each([
    ['http://b.internal/cart', '', '/cart'],
    ['http://b.internal', '', '/'],
    ['http://b.internal?id=7', '', '/?id=7'],
    ['http://b.internal//evil.example/', '', '/.//evil.example/'],
    ['http://b.internal/\\evil.example/', '', '/./\\evil.example/'],
    ['http://b.internal/\t/evil.example/', '', '/./\t/evil.example/'],
    ['http://b.internal/cart', '//evil.example', '/.//evil.example/cart'],
    ['http://b.internal//cart', '/api', '/api//cart'],
    ['http://b.internal/cart', 'https://www.example.com', 'https://www.example.com/cart'],
    ['http://b.internal//cart', 'https://www.example.com', 'https://www.example.com//cart'],
    ['/v1/cart', 'https://www.example.com/shop', 'https://www.example.com/shop/cart'],
  ])('%j with %j is %j', (location, base, expected) => {
    expect(rewrittenLocation(location, { from, endpoints, base })).toBe(expected);
    const isOurs = new URL(expected, 'https://www.example.com').host === 'www.example.com';
    expect(isOurs).toBe(true);
  });

  test.each([201, 301, 302, 303, 307, 308])('counts with %d', (status) => expect(mayLead(status)).toBe(true));
  test.each([200, 300, 304, 404])('does not count with %d', (status) => expect(mayLead(status)).toBe(false));
});
