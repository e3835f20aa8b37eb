import { extensionsOf, fieldsOf, typesOf } from './declarations.ts';
import { codeIn, paragraphOf, tableOf, valuesListedFor, withoutAsides } from './tables.ts';

const rows = tableOf('event', 'when', 'what it tells besides `type`').map((row) => ({
  event: codeIn(row.event)[0] ?? '',
  told: row['what it tells besides `type`'],
}));
const interfaces = typesOf('ProxyEvent').map((name) => {
  const fields = fieldsOf(name);
  return { name, fields, type: fields.find((field) => field.name === 'type')?.choices[0] };
});
const shared = fieldsOf('RequestEvent').map(({ name }) => name);

describe('the table of events', () => {
  test('has each event once and no other', () => {
    expect(rows.map(({ event }) => event).sort()).toEqual(interfaces.map(({ type }) => type).sort());
  });

  test.each(rows)('tells what $event has', ({ event, told }) => {
    const { fields = [] } = interfaces.find(({ type }) => type === event) ?? {};
    const own = fields.filter(({ name }) => name !== 'type' && !shared.includes(name));
    const values = own.flatMap(({ name }) => valuesListedFor(name, told));
    const named = codeIn(withoutAsides(told)).filter((code) => !values.includes(code));
    expect(named.sort()).toEqual(own.map(({ name }) => name).sort());
  });

  test('lists why an attempt starts', () => {
    const { told = '' } = rows.find(({ event }) => event === 'attempt-started') ?? {};
    const { choices } = fieldsOf('AttemptStarted').find(({ name }) => name === 'reason') ?? { choices: [] };
    expect(valuesListedFor('reason', told)).toEqual(choices);
  });

  test('ends with the events that belong to no request, and names what the others share', () => {
    const [, count = '', names = ''] = /^All but the last (\w+) have (.*?), the request target/.exec(below) ?? [];
    const ofRequests = extensionsOf('RequestEvent');
    const others = interfaces.filter(({ name }) => !ofRequests.includes(name));
    expect(
      rows.slice(-['zero', 'one', 'two', 'three', 'four', 'five', 'six'].indexOf(count)).map(({ event }) => event),
    ).toEqual(others.map(({ type }) => type));
    expect(codeIn(names)).toEqual(shared);
  });
});

const below = paragraphOf('All but the last ');

describe('the list of what a report has', () => {
  const [, sentence = ''] = /A report has (.*?) All of it is typed/.exec(below) ?? [];

  test('names each field and no other', () => {
    expect(codeIn(withoutOutcomes(sentence)).sort()).toEqual(
      fieldsOf('AttemptReport')
        .map(({ name }) => name)
        .sort(),
    );
  });

  test('names each outcome and no other', () => {
    const [, outcomes = ''] = /`outcome` \((.*?)\)/.exec(sentence) ?? [];
    const { choices } = fieldsOf('AttemptReport').find(({ name }) => name === 'outcome') ?? { choices: [] };
    expect(codeIn(outcomes)).toEqual(choices);
  });
});

const withoutOutcomes = (sentence: string): string => sentence.replace(/\(.*?\)/, '');
