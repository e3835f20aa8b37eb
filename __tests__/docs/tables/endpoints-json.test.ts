import { fieldsOf } from './declarations.ts';
import { codeIn, tableIn, withoutAsides } from './tables.ts';

test('the table of the JSON of endpoints has each key once and no other', () => {
  const keys = tableIn('docs/command.md', 'key', 'meaning').flatMap(({ key }) => codeIn(withoutAsides(key)));
  expect(keys.sort()).toEqual(
    fieldsOf('EndpointSnapshot')
      .map(({ name }) => name)
      .sort(),
  );
});
