import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './sources.ts';

describe('README', () => {
  test('names every error code and no other', () => {
    const codesIn = (file: string) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return [...new Set(text.match(/\bERR_BRP_[A-Z_]+/g))].sort();
    };
    expect(codesIn('README.md')).toEqual(codesIn('src/errors.ts'));
  });
});
