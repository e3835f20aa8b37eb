import { fieldsOf } from './declarations.ts';
import { codeIn, tableOf, withoutAsides } from './tables.ts';

test('the table of the JSON of endpoints has each key once and no other', () => {
  const keys = tableOf('key', 'meaning').flatMap(({ key }) => codeIn(withoutAsides(key)));
  expect(keys.sort()).toEqual(
    fieldsOf('EndpointSnapshot')
      .map(({ name }) => name)
      .sort(),
  );
});
