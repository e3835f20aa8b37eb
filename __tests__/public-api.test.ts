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

  test.each(publicNames)('of %s call what users give options, and not settings', (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const exported = file === 'src/index.ts' ? text : text.match(/^export .*/gm)?.join('\n');
    expect(exported?.match(/\b\w+Settings\b/g)).toBe(null);
  });
});
