import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { house, publicNames, roomOf } from '../architecture/house.ts';
import { nodesOf, root, sourcesUnder } from '../architecture/sources.ts';
import { callsIn, functionsIn } from './calls.ts';
import { textOf } from './project.ts';
import { fieldsOf } from './tables/declarations.ts';
import { codeIn, tableIn } from './tables/tables.ts';

/** docs/architecture.md and docs/where.md show the house as it is, and name no file and no function that is not there. */

const page = 'docs/architecture.md';
const text = textOf(page);
/** The name of a room as the page has it. */
const shortName = (name: string) => name.replace(/^src\//, '').replace(/\/$/, '');

describe('the table of the house', () => {
  const rows = tableIn(page, 'folder', 'may import', 'what is in it').map((row) => ({
    name: codeIn(row.folder)[0] ?? '',
    mayImport: row['may import'],
  }));

  test('has the rooms from the ground up', () => {
    expect(rows.map(({ name }) => name)).toEqual(house.map(({ name }) => shortName(name)));
  });

  test.each(house.map(({ name, mayImport }) => [shortName(name), mayImport] as const))(
    'says from where %s may import',
    (name, mayImport) => {
      const { mayImport: said = '' } = rows.find((row) => row.name === name) ?? {};
      const seesPublicNames = mayImport?.includes('src/index.ts') === true;
      const others = mayImport?.filter((other) => !(seesPublicNames && publicNames.includes(other)));
      expect(said.includes('all above')).toBe(others === undefined);
      expect(said.includes('the public names')).toBe(seesPublicNames);
      expect(codeIn(said).sort()).toEqual((others ?? []).map(shortName).sort());
    },
  );
});

/** Imports from one room to another, as `cli -> support`. */
const imports = new Set(
  ['src', 'shared', 'demo', 'examples', 'bench']
    .flatMap(sourcesUnder)
    .flatMap((source) => source.imports)
    .filter(({ isOurs }) => isOurs)
    .map(({ from, to }) => [roomOf(from), roomOf(to)].map((room) => shortName(room?.name ?? '')))
    .filter(([from, to]) => from !== to)
    .map((rooms) => rooms.join(' -> ')),
);
const importsFrom = (room: string) =>
  [...imports].flatMap((one) => (one.startsWith(`${room} -> `) ? [endOf(one)] : []));
const endOf = (one: string) => one.slice(one.indexOf(' -> ') + 4);

/** Whether a room imports from another one by way of rooms between them. */
function isIndirect(from: string, to: string): boolean {
  return importsFrom(from).some(
    (between) => between !== to && (importsFrom(between).includes(to) || isIndirect(between, to)),
  );
}

/** The lines of a picture between two words that say where it begins and ends. */
function pictureOf(kind: string): string[] {
  const [, picture = ''] = new RegExp(`\`\`\`mermaid\\n${kind}.*\\n([^]*?)\`\`\``).exec(text) ?? [];
  return picture
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

describe('the picture of the house', () => {
  test('has the imports that do not follow from others', () => {
    const direct = [...imports].filter((one) => !isIndirect(one.slice(0, one.indexOf(' -> ')), endOf(one)));
    const drawn = pictureOf('flowchart').flatMap((line) => {
      const [froms = '', targets = ''] = line.split(' --> ');
      return froms.split(' & ').flatMap((from) => targets.split(' & ').map((to) => `${from} -> ${to}`));
    });
    expect(drawn.sort()).toEqual(direct.sort());
  });
});

/** A file's text declares a function, method, class, type or constant of this name. */
function declares(file: string, name: string): boolean {
  const declaration = new RegExp(
    `\\b(?:function\\*?|class|interface|type|const|readonly|get|set) #?${name}\\b|^ +(?:async |static |\\*)*#?${name}(?:<.*>)?\\(`,
    'm',
  );
  return declaration.test(textOf(`src/${file}`));
}

describe('the picture of a request', () => {
  const calls = pictureOf('sequenceDiagram').flatMap((line) => {
    const [, from = '', to = '', name = ''] = /^(\w+)->>(\w+): ([\w.]+)\(\)/.exec(line) ?? [];
    return from === '' || from === 'app' ? [] : [[from, to, name] as const];
  });
  const filesOf = (room: string) => globSync(`${room}/**/*.ts`, { cwd: path.join(root, 'src') });

  test('has calls', () => {
    expect(calls.length).toBeGreaterThan(10);
  });

  test('has the calls of one function in the order in which it makes them', () => {
    const rooms = [...new Set(calls.map(([from]) => from))];
    const sequences = rooms.flatMap((room) => {
      const drawn = calls.flatMap(([from, , name]) => (from === room ? [name.replace(/.*\./, '')] : []));
      return functionsIn(room).map(({ node }) => {
        const made = [...new Set(callsIn(node))].filter((name) => drawn.includes(name));
        return { made, drawn: made.toSorted((a, b) => drawn.indexOf(a) - drawn.indexOf(b)) };
      });
    });
    expect(sequences.map(({ made }) => made)).toEqual(sequences.map(({ drawn }) => drawn));
    expect(sequences.filter(({ made }) => made.length > 2)).not.toEqual([]);
  });

  test.each(calls)('has %s call %s: %s()', (from, to, name) => {
    const parts = name.split('.');
    expect(filesOf(to).some((file) => parts.every((part) => declares(file, part)))).toBe(true);
    const call = new RegExp(`\\b${parts.at(-1)}\\(`);
    expect(filesOf(from).some((file) => call.test(textOf(`src/${file}`)))).toBe(true);
  });
});

describe('what is named', () => {
  const isFile = (code: string) => /^[\w/-]+\.(?:ts|js)$/.test(code);
  /** List items, rows of tables and paragraphs, below the table of the house, which names headers too. */
  const blocks = text.slice(text.indexOf("## One request's way")).split(/\n\n|\n(?=\d+\. |- |\|)/);
  const named = blocks.map((block) => {
    const code = codeIn(block.replaceAll('\n', ' '));
    return {
      files: code.filter(isFile),
      functions: code.flatMap((one) => /^(?:\w+\.)?#?\w+(?=\(\)$)/.exec(one) ?? []),
      classes: code.filter((one) => /^[A-Z]\w*[a-z]\w*(\.\w+)?$/.test(one)),
    };
  });
  const isThere = (file: string) => existsSync(path.join(root, 'src', file)) || existsSync(path.join(root, file));

  test('as a file exists', () => {
    const files = named.flatMap((block) => block.files);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !isThere(file))).toEqual([]);
  });

  test('as a function or a class is in a file that is named along with it', () => {
    const lost = named.flatMap(({ files, functions, classes }) =>
      [...functions, ...classes].filter((name) => {
        const parts = name.replaceAll('#', '').split('.');
        return !files.some(
          (file) => existsSync(path.join(root, 'src', file)) && parts.every((part) => declares(file, part)),
        );
      }),
    );
    expect(lost).toEqual([]);
  });
});

describe('the place of what is looked for', () => {
  const rows = tableIn('docs/where.md', 'question', 'file', 'function');
  const places = rows
    .filter(({ question }) => !question.startsWith('**'))
    .map((row) => ({
      question: row.question,
      files: codeIn(row.file),
      names: codeIn(row.function).map((name) => name.replace(/\(\)$/, '').replaceAll('#', '')),
    }));

  test.each(places)('is told, in two files at most: $question', ({ files, names }) => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThanOrEqual(2);
    const declaredIn = (name: string) => files.filter((file) => name.split('.').every((part) => declares(file, part)));
    expect(names.filter((name) => declaredIn(name).length === 0)).toEqual([]);
    expect(files.filter((file) => !names.some((name) => declaredIn(name).includes(file)))).toEqual([]);
  });

  const limits = new Set(['setTimeout', 'settledInTime', 'limitSending', 'until']);
  const limiting = functionsIn('').filter(({ node }) => callsIn(node).some((name) => limits.has(name)));
  const times = [...fieldsOf('TimeoutOptions').map(({ name }) => name), 'preferGraceMs', 'loserGraceMs'];

  test.each([...times, 'keepAliveTimeoutMs'])('is told of every file that limits a time by %s', (name) => {
    const isMeant = ({ question }: { question: string }) => new RegExp(`^[^:]*\\b${name}\``).test(question);
    const told = places.filter(isMeant).flatMap(({ files }) => files);
    const knowing = limiting.filter(({ node }) => [...nodesOf(node)].some((inner) => inner.name === name));
    const found = new Set(knowing.map(({ file }) => file));
    expect(found).not.toEqual(new Set());
    expect([...found].filter((file) => !told.includes(file))).toEqual([]);
    expect(told.filter((file) => !textOf(`src/${file}`).includes(name))).toEqual([]);
  });
});
