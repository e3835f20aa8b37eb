import fc from 'fast-check';
import { BalancingProxyError } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { bounded, seedTitle } from './seed.ts';

type Entry = string | number;

interface Effect {
  readonly statuses: ReadonlySet<number>;
  readonly isExclusion: boolean;
}

const allStatuses = Array.from({ length: 1_001 }, (_, status) => status);

/** What an entry does to the statuses, worked out letter by letter, or undefined when it stands for nothing. */
function model(entry: Entry): Effect | undefined {
  const text = String(entry).trim().toLowerCase();
  const isExclusion = text.startsWith('!');
  const statuses = modelOfRange(isExclusion ? text.slice(1) : text);
  return statuses && { statuses, isExclusion };
}

/** Which statuses are left of a list, status by status: the last entry that names it decides, or else what there is by default. */
function isLeft(status: number, effects: readonly Effect[]): boolean {
  const last = effects.findLast(({ statuses }) => statuses.has(status));
  if (last) return !last.isExclusion;
  return effects.every(({ isExclusion }) => isExclusion) && 100 <= status && status < 500;
}

function modelOfRange(text: string): ReadonlySet<number> | undefined {
  const [first = '', last, ...more] = text.split('-');
  if (more.length > 0) return undefined;
  const isClass = last === undefined && '12345'.includes(first.charAt(0)) && ['00', 'xx'].includes(first.slice(1));
  if (isClass && first.length === 3) return between(Number(`${first.charAt(0)}00`), Number(`${first.charAt(0)}99`));
  const from = statusOf(first);
  const to = last === undefined ? from : statusOf(last);
  return from === undefined || to === undefined || from > to ? undefined : between(from, to);
}

function statusOf(text: string): number | undefined {
  const isNumber = text.length === 3 && [...text].every((letter) => '0123456789'.includes(letter));
  return isNumber && Number(text) >= 100 && Number(text) < 600 ? Number(text) : undefined;
}

function between(first: number, last: number): ReadonlySet<number> {
  return new Set(allStatuses.filter((status) => first <= status && status <= last));
}

const status = fc.integer({ min: 100, max: 599 });
const hundred = fc.integer({ min: 1, max: 5 });
const included: fc.Arbitrary<Entry> = fc.oneof(
  status,
  status.map(String),
  hundred.map((first) => first * 100),
  hundred.chain((first) => fc.constantFrom(`${first}00`, `${first}xx`, `${first}XX`, `${first}Xx`)),
  fc.tuple(status, status).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
);
const sound: fc.Arbitrary<Entry> = fc.oneof(
  included,
  included.map((entry) => `!${entry}`),
);
const dubious: fc.Arbitrary<Entry> = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.double(),
  fc.string(),
  fc.string({ unit: fc.constantFrom(...'0123456789xX-!. \t'), maxLength: 8 }),
  fc.tuple(fc.integer(), fc.integer()).map((ends) => ends.join('-')),
);
const spaced = (entry: fc.Arbitrary<Entry>) =>
  fc.tuple(fc.constantFrom('', ' ', '\t'), entry, fc.constantFrom('', ' ')).map((parts) => parts.join(''));
const listOf = (entry: fc.Arbitrary<Entry>) => fc.array(entry, { minLength: 1, maxLength: 5 });
const optionOf = (entry: fc.Arbitrary<Entry>): fc.Arbitrary<Entry | Entry[]> =>
  fc.oneof(
    listOf(entry),
    entry,
    listOf(spaced(entry)).map((entries) => entries.join(',')),
  );

/** An option cut into the entries that it is made of. */
function entriesOf(option: Entry | readonly Entry[]): Entry[] {
  const list: readonly Entry[] = typeof option === 'object' ? option : [option];
  return list.flatMap((entry): Entry[] => (typeof entry === 'string' ? entry.split(',') : [entry]));
}

const resolve = (terminalStatuses: Entry | Entry[]) =>
  resolveOptions({ endpoints: ['http://a.example'], terminalStatuses }).terminalStatuses;

describe(`terminalStatuses (${seedTitle})`, () => {
  test('takes exactly the statuses that its entries stand for', () => {
    const property = fc.property(optionOf(sound), (option) => {
      const effects = entriesOf(option).flatMap((entry) => model(entry) ?? []);
      const expected = allStatuses.filter((each) => isLeft(each, effects));
      if (expected.length > 0) expect(allStatuses.filter(resolve(option))).toEqual(expected);
      else expect(() => resolve(option)).toThrow('statuses of which some are left');
    });
    fc.assert(property, bounded(1_000));
  });

  test('is refused exactly when an entry stands for nothing', () => {
    const property = fc.property(optionOf(fc.oneof(sound, dubious)), (option) => {
      const effects = entriesOf(option).map(model);
      const isSound =
        effects.every((effect) => effect !== undefined) && allStatuses.some((each) => isLeft(each, effects));
      if (isSound) expect(() => resolve(option)).not.toThrow();
      else expect(() => resolve(option)).toThrow(BalancingProxyError);
    });
    fc.assert(property, bounded(3_000));
  });
});
