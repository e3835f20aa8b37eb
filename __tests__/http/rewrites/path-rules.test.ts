import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { pathRewriteBy } from '../../../src/http/rewrites/path-rules.ts';

const req = new IncomingMessage(new Socket());

describe('rules for paths', () => {
  test.each([
    ['take a prefix off', { '^/api': '' }, '/api/users?a=1', '/users?a=1'],
    ['leave a slash of a path that is taken off whole', { '^/api': '' }, '/api', '/'],
    ['leave a slash in front of the query', { '^/api': '' }, '/api?a=1', '/?a=1'],
    ['put a slash in front', { '^/api/': 'v1/' }, '/api/users', '/v1/users'],
    ['put the groups of the match in', { '^/([a-z]+)/v(\\d)': '/v$2/$1' }, '/users/v2/7', '/v2/users/7'],
    ['are tried in their order', { '/users': '/people', '^/api': '' }, '/api/users', '/api/people'],
    ['end with the first that matches', { '^/a': '/b', '^/b': '/c' }, '/a', '/b'],
    ['change the first match alone', { a: 'b' }, '/a/a', '/b/a'],
    ['see the query', { 'key=\\w+&?': '' }, '/users?key=1&page=2', '/users?page=2'],
    ['look at case', { '^/API': '' }, '/api', '/api'],
    ['leave all others alone', { '^/api': '' }, '/users//7?a', '/users//7?a'],
    ['leave OPTIONS of the whole server alone', { '.*': '/x' }, '*', '*'],
    ['are none', {}, '/users', '/users'],
  ])('%s', (_, rules, path, expected) => {
    expect(pathRewriteBy(rules)(path, req)).toBe(expected);
  });
});
