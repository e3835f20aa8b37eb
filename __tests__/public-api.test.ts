import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as publicApi from '../src/index.ts';
import { publicNames } from './architecture/house.ts';
import { root } from './architecture/sources.ts';

// The types are checked by public-api.ts, which the type check compiles.
describe('the public names', () => {
  test('are these and no others', () => {
    expect(Object.keys(publicApi).sort()).toEqual([
      'BalancingProxyError',
      'createBalancingProxy',
      'dnsEndpoints',
      'gotTransport',
      'nodeTransport',
    ]);
  });

  test.each(publicNames)('of %s are not there for a Node that is too old', (file) => {
    const [first = ''] = readFileSync(path.join(root, file), 'utf8').split('\n');
    const [, imported = ''] = /^import '(.*)';$/.exec(first) ?? [];
    expect(path.posix.join(path.posix.dirname(file), imported)).toBe('src/support/refuse-old-node.ts');
  });

  test('keep that refusal when they are bundled', () => {
    const { sideEffects } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    expect(sideEffects).toEqual(['./dist/support/refuse-old-node.js']);
  });

  test.each(publicNames)('of %s call what users give options, and not settings', (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const exported = file === 'src/index.ts' ? text : text.match(/^export .*/gm)?.join('\n');
    expect(exported?.match(/\b\w+Settings\b/g)).toBe(null);
  });
});
