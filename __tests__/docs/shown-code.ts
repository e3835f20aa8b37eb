import { parse } from '@babel/parser';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { nodesOf } from '../architecture/sources.ts';
import { fences } from './fences.ts';

/** The endpoints of examples that take them as given. */
const endpoints = ['https://one.example', 'https://two.example'];

/** The one block of a page that has a piece of text in it. @throws when there is no such block, or more than one. */
function codeShown(page: string, piece: string): string {
  const found = fences.filter((fence) => fence.page === page && fence.code.includes(piece));
  const [fence] = found;
  if (!fence || found.length > 1) throw new Error(`${page} has ${found.length} blocks with ${piece}`);
  return fence.code;
}

/** Runs the block of a page that has a piece of text in it. @param given what it takes as given, by name; `endpoints` is there anyway. */
export function runShown(page: string, piece: string, given: Readonly<Record<string, unknown>>): void {
  const all = { endpoints, ...given };
  // Within braces, a block may make for itself what it could take as given.
  new Function(...Object.keys(all), `{${codeShown(page, piece)}\n}`)(...Object.values(all));
}

/**
 * The options of the proxy in the block of a page that has a piece of text in it, as a reader would pass them.
 * @param which of several proxies in the block, from 0.
 */
export function optionsShown(page: string, piece: string, which = 0): BalancingProxyOptions {
  const code = codeShown(page, piece);
  const { program } = parse(code, { sourceType: 'module', plugins: ['typescript'] });
  const calls = [...nodesOf(program)].filter(
    ({ type, callee }) => type === 'CallExpression' && (callee as { name?: string }).name === 'createBalancingProxy',
  );
  const given = (calls[which]?.arguments ?? []) as Array<{ readonly start: number; readonly end: number }>;
  const [options = ''] = given.map(({ start, end }) => code.slice(start, end));
  return new Function('endpoints', `return ${options}`)(endpoints);
}
