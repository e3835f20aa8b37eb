import { parse } from '@babel/parser';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { nodesOf } from '../architecture/sources.ts';
import { fences } from './fences.ts';

/** The endpoints of examples that take them as given. */
const endpoints = ['https://one.example', 'https://two.example'];

/**
 * The options of the proxy in the one block of a page that has a piece of text in it, as a reader would pass them.
 * @param which of several proxies in the block, from 0.
 * @throws when there is no such block, or more than one.
 */
export function optionsShown(page: string, piece: string, which = 0): BalancingProxyOptions {
  const found = fences.filter((fence) => fence.page === page && fence.code.includes(piece));
  const [fence] = found;
  if (!fence || found.length > 1) throw new Error(`${page} has ${found.length} blocks with ${piece}`);
  const { program } = parse(fence.code, { sourceType: 'module', plugins: ['typescript'] });
  const calls = [...nodesOf(program)].filter(
    ({ type, callee }) => type === 'CallExpression' && (callee as { name?: string }).name === 'createBalancingProxy',
  );
  const given = (calls[which]?.arguments ?? []) as Array<{ readonly start: number; readonly end: number }>;
  const [options = ''] = given.map(({ start, end }) => fence.code.slice(start, end));
  return new Function('endpoints', `return ${options}`)(endpoints);
}
