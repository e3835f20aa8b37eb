import { jsonSource } from './json-source.ts';
import { type ParsedText, placeAt, UnreadableText } from './source-node.ts';

/**
 * Parses JSON.
 * @throws UnreadableText for anything else.
 */
export function parseJson(text: string): ParsedText {
  try {
    return { value: JSON.parse(text), source: jsonSource(text) };
  } catch (error) {
    throw unreadableJson(error as SyntaxError, text);
  }
}

/** V8 tells line and column of most problems; of an unexpected token it shows the text around instead. */
function unreadableJson({ message }: SyntaxError, text: string): UnreadableText {
  const [, problem = message, line, column] =
    /^(.*?)(?: in JSON)? at position \d+ \(line (\d+) column (\d+)\)/.exec(message) ?? [];
  if (line !== undefined) return new UnreadableText({ line: Number(line), column: Number(column) }, problem);
  const isToken = message.startsWith('Unexpected token');
  const place = placeAt(text, isToken ? offsetOfToken(text) : text.length);
  return new UnreadableText(place, `${message.split(/, | in JSON/, 1)[0]}`);
}

/** Finds the token that V8 stumbles over: the shortest beginning of the text over which V8 stumbles ends with the token. */
function offsetOfToken(text: string): number {
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (hasUnexpectedToken(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return bad - 1;
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return (error as SyntaxError).message.startsWith('Unexpected token');
  }
}
