import type { SourceField, SourceNode } from './source-node.ts';

/** A piece of a text in JSON: a bracket, a comma, a colon, a string, or another value. */
interface Token {
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

/** Finds where the values in a text stand that JSON.parse() has understood: JSON.parse() itself does not tell. */
export function jsonSource(text: string): SourceNode {
  return nodeAt(text, tokenFrom(text, 0).offset);
}

function nodeAt(text: string, offset: number): SourceNode {
  return {
    offset,
    fields: () => (text[offset] === '{' ? fieldsFrom(text, offset + 1) : []),
    items: () => (text[offset] === '[' ? itemsFrom(text, offset + 1) : []),
  };
}

function fieldsFrom(text: string, start: number): readonly SourceField[] {
  const fields: SourceField[] = [];
  let next = tokenFrom(text, start);
  while (next.text !== '}') {
    const value = tokenFrom(text, tokenFrom(text, next.end).end).offset;
    fields.push({ name: JSON.parse(next.text), offset: next.offset, value: nodeAt(text, value) });
    next = tokenBehind(text, value);
  }
  return fields;
}

function itemsFrom(text: string, start: number): readonly SourceNode[] {
  const items: SourceNode[] = [];
  let next = tokenFrom(text, start);
  while (next.text !== ']') {
    items.push(nodeAt(text, next.offset));
    next = tokenBehind(text, next.offset);
  }
  return items;
}

/** The first token behind a value and the comma that follows it. */
function tokenBehind(text: string, value: number): Token {
  const behind = tokenFrom(text, endOf(text, value));
  return behind.text === ',' ? tokenFrom(text, behind.end) : behind;
}

/** The end of a value. Brackets are counted rather than followed, as a text may have more of them than calls can be nested. */
function endOf(text: string, start: number): number {
  let [at, depth] = [start, 0];
  do {
    const next = tokenFrom(text, at);
    if (next.text === '{' || next.text === '[') depth++;
    if (next.text === '}' || next.text === ']') depth--;
    at = next.end;
  } while (depth > 0);
  return at;
}

function tokenFrom(text: string, start: number): Token {
  token.lastIndex = start;
  const { 0: found = '', index = text.length } = token.exec(text) ?? {};
  return { text: found, offset: index, end: index + found.length };
}
