import { isSyntaxNode, nodesOf, type SyntaxNode, sourcesUnder } from './sources.ts';

/**
 * A machine that is busy makes every guess at a time wrong sooner or later. A test waits for what it wants to see (`until`), and asks
 * for the order of events rather than for their times.
 */

/** Where time is what it is about: helpers that wait for tests, have patience or make an endpoint slow, clocks of tests, clients that leave at random moments, other programs. */
const timeKeepers = /^__tests__\/(helpers\/(deadline|late|raw-client|until)\.ts|proxy\/virtual-|(fuzz|soak|world)\/)/;

const tests = sourcesUnder('__tests__');

const isNamed = (node: unknown, name: RegExp): boolean =>
  isSyntaxNode(node) && node.type === 'Identifier' && name.test(String(node.name));

/** A call of `setTimeout()`, or an import of the one that gives a promise. */
function isTimer({ type, callee, imported }: SyntaxNode): boolean {
  if (type === 'ImportSpecifier') return isNamed(imported, /^setTimeout$/);
  return type === 'CallExpression' && isNamed(callee, /^setTimeout$/);
}

/** `expect(...).toBeLessThan(...)` of a time, with a bound of less than a second. */
function isTightBound({ type, callee, arguments: bounds }: SyntaxNode): boolean {
  if (type !== 'CallExpression' || !isSyntaxNode(callee) || !isNamed(callee.property, /^toBeLessThan/)) return false;
  const isTime = [...nodesOf(callee.object)].some((node) => isNamed(node, /^(performance|Date|ms|.*Ms)$/));
  const parts = [...nodesOf(bounds)];
  // Two times may be compared.
  const isFixed = !parts.some((node) => node.type === 'Identifier');
  const factors = parts.filter((node) => node.type === 'NumericLiteral').map((node) => Number(node.value));
  return isTime && isFixed && factors.reduce((product, factor) => product * factor, 1) < 1_000;
}

const placesOf = (isMeant: (node: SyntaxNode) => boolean, files = tests) =>
  files.flatMap(({ path, nodes }) => nodes.filter(isMeant).map(({ loc }) => `${path}:${loc.start.line}`));

describe('a test', () => {
  test('sleeps for no fixed time', () => {
    const others = tests.filter(({ path }) => !timeKeepers.test(path));
    expect(placesOf(isTimer, others)).toEqual([]);
  });

  test('asks for nothing to be over in less than a second', () => {
    expect(placesOf(isTightBound)).toEqual([]);
  });
});
