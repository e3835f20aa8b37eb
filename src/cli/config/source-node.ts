import { shownName } from '../../support/parser/option.ts';

/** A value in the text of a file. Its parts are looked for only when they are asked for, as only a problem asks where something stands. */
export interface SourceNode {
  /** The place in the text at which the value begins, in UTF-16 units. */
  readonly offset: number;
  /** The fields of an object, in their order; none of any other value. */
  fields(): readonly SourceField[];
  /** The items of a list, in their order; none of any other value. */
  items(): readonly SourceNode[];
}

/** A field of an object in the text of a file. */
export interface SourceField {
  readonly name: string;
  /** The place at which the name begins. */
  readonly offset: number;
  readonly value: SourceNode;
}

/** A text that was understood. */
export interface ParsedText {
  readonly value: unknown;
  readonly source: SourceNode;
}

/** A place in a text as editors count: both from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** The place of an offset. */
export function placeAt(text: string, offset: number): TextPlace {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Says that a text cannot be understood, and where. The message has nothing of the text, which may hold secrets. */
export class UnreadableText extends SyntaxError {
  readonly place: TextPlace;

  constructor(place: TextPlace, message: string) {
    super(message);
    this.place = place;
  }
}

/**
 * Finds where an option stands: its value, or that of the nearest one around it where it is missing.
 * @param option its path as messages name it, such as `endpoints[1].headers.X-Key`.
 * @param part whether the place of the value or that of the name is wanted.
 */
export function offsetOf(node: SourceNode, option: string, part: 'value' | 'name'): number {
  if (option === '') return node.offset;
  const [, index, behind = ''] = /^\[(\d+)\]\.?(.*)$/s.exec(option) ?? [];
  if (index !== undefined) {
    const item = node.items()[Number(index)];
    return item ? offsetOf(item, behind, part) : node.offset;
  }
  const field = fieldFor(node.fields(), option);
  if (!field) return node.offset;
  const rest = option.startsWith(field.name) ? option.slice(field.name.length).replace(/^\./, '') : '';
  return rest === '' && part === 'name' ? field.offset : offsetOf(field.value, rest, part);
}

/** The field that a path leads into, or whose name it shows. The last one counts, as for parsers, and names of headers may have dots. */
function fieldFor(fields: readonly SourceField[], option: string): SourceField | undefined {
  const leading = fields.filter(({ name }) => option.startsWith(name) && /^(?:$|[.[])/.test(option.slice(name.length)));
  const longest = Math.max(...leading.map(({ name }) => name.length));
  return (
    leading.findLast(({ name }) => name.length === longest) ?? fields.find(({ name }) => shownName(name) === option)
  );
}
