/**
 * Parses JSON.
 * @throws SyntaxError that tells line and column, and nothing of the text, which may hold secrets.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(describe(error as SyntaxError, text));
  }
}

/** V8 tells line and column of most problems; of an unexpected token it shows the text around instead. */
function describe({ message }: SyntaxError, text: string): string {
  const [, problem = message, line, column] =
    /^(.*?)(?: in JSON)? at position \d+ \(line (\d+) column (\d+)\)/.exec(message) ?? [];
  if (line !== undefined) return `line ${line}, column ${column}: ${problem}`;
  const isToken = message.startsWith('Unexpected token');
  const lines = text.slice(0, isToken ? offsetOfToken(text) : text.length).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${message.split(/, | in JSON/, 1)[0]}`;
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
