import { LineCounter, parseDocument } from 'yaml';

/**
 * Parses YAML 1.2.
 * @throws SyntaxError that says line and column and shows nothing of the text, which may hold secrets.
 */
export function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  // A tag that nobody knows is a warning, but leaves a value of which nobody knows what it should be.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw new SyntaxError(`line ${line}, column ${col}: ${problem.message}`);
  }
  return document.toJS();
}
