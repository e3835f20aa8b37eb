/** A block of code on a page. */
export interface CodeBlock {
  readonly language: 'js' | 'ts';
  /** Where it is written to: below a folder with the name of its page, so that blocks of one page may import each other. */
  readonly file: string;
  /** The block as a module, in the lines in which it stands on its page. */
  readonly code: string;
}

/**
 * The blocks of JavaScript and TypeScript on a page. A block whose first line is `// name.ts` is a file of this name. Those of `examples` are
 * left out, as they are files of the project.
 */
export function blocksOf(page: string, text: string): CodeBlock[] {
  const fences = [...text.matchAll(/^```(js|ts)\n([\s\S]*?)^```/gm)];
  return fences.flatMap(({ index, 1: language, 2: code = '' }) => {
    if ((language !== 'js' && language !== 'ts') || code.startsWith('// examples/')) return [];
    const line = text.slice(0, index).split('\n').length;
    const name = /^\/\/ ([\w.-]+\.[jt]s)\b/.exec(code)?.[1] ?? `line-${line}.${language}`;
    return { language, file: `${page}/${name}`, code: `${'\n'.repeat(line)}${code}\nexport {};\n` };
  });
}
