import { textOf } from '../project.ts';
import { choicesNamed, fieldsOf } from './declarations.ts';
import { codeIn, paragraphOf, tableOf, withoutAsides } from './tables.ts';

const source = ['opentelemetry', 'span-attributes']
  .map((name) => textOf(`src/observers/tracing/${name}.ts`))
  .join('\n');
const attribute = /^(?:http|url|server|error|balancing_proxy)\.[a-z_.]+$/;

/** The attributes that are written in a piece of the code. */
const attributesIn = (code: string) => [
  ...new Set([...code.matchAll(/'([^'\n]+)'/g)].map(([, text = '']) => text).filter((text) => attribute.test(text))),
];

const rows = tableOf('attribute', 'meaning');
const ofAttempts = rows.flatMap(({ attribute: names }) => codeIn(names));
const ofRequests = codeIn(withoutAsides(paragraphOf("On the request's own span:")));

describe('the attributes of traces', () => {
  test('are those that are set, and no others', () => {
    const mentioned = rows.flatMap(({ meaning }) => codeIn(meaning)).filter((name) => attribute.test(name));
    expect([...ofAttempts, ...mentioned, ...ofRequests].sort()).toEqual(attributesIn(source).sort());
  });

  test("of the request's own span are those that it is told", () => {
    const told = source.match(/#tell\([^)]*\)/g) ?? [];
    expect(ofRequests.sort()).toEqual(attributesIn(told.join('\n')).sort());
  });

  test.each([
    ['balancing_proxy.attempt.reason', 'AttemptReason'],
    ['balancing_proxy.attempt.outcome', 'AttemptOutcome'],
  ])('list what %s can be', (name, type) => {
    const { meaning = '' } = rows.find((row) => row.attribute === `\`${name}\``) ?? {};
    expect(codeIn(withoutAsides(meaning))).toEqual(choicesNamed(type));
  });
});

describe('what the page says of the options of traceAttempts()', () => {
  const paragraph = paragraphOf('Options: `tracerProvider`');

  test('names each one with its default', () => {
    const [provider, query] = fieldsOf('TraceAttemptsOptions');
    expect(paragraph).toContain(`\`${provider?.name}\` (${provider?.fallback}`);
    expect(paragraph).toContain(`\`${query?.name}\` (\`${query?.fallback}\``);
    expect(fieldsOf('TraceAttemptsOptions')).toHaveLength(2);
  });

  test('lists the parts of a query that are redacted', () => {
    const [, names = ''] = /\[\?&\]\(\?:(.*?)\)=/.exec(source) ?? [];
    const [, listed = ''] = /the values of (.*?) are redacted/.exec(paragraph) ?? [];
    expect(codeIn(listed).sort()).toEqual(names.split('|').sort());
  });
});
