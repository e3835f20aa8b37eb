import fc from 'fast-check';

/** Texts that make regular expressions go back again and again: a run of something, and what does not fit at its end. */

/** What a run is made of: all that separates, quotes or counts in a header, and what expressions may match in two ways. */
export const pieces = [
  ...[
    ' ',
    '\t',
    ',',
    ';',
    '"',
    '\\',
    '\\"',
    '<',
    '>',
    '=',
    '/',
    ':',
    '(',
    ')',
    '[',
    ']',
    '.',
    '-',
    '%',
    '@',
    '*',
    '?',
    '#',
  ],
  ...[
    '1',
    'a',
    '\xe4',
    ', ',
    ' ,',
    '; ',
    ' ;',
    ',<',
    ', <',
    ';a',
    ';a=',
    ';a=b',
    ';a="',
    ';a="b"',
    '<>',
    '<>;',
    '<a>; rel=b, ',
  ],
  ...[
    'a=',
    'a="',
    'a,',
    'a ',
    'a/',
    'a/b,',
    'a/b;q=0.1,',
    ';q=',
    ';charset=',
    '; charset="',
    '/json',
    '+json',
    ':1',
    '::',
    '//',
  ],
  ...['1.1 a,', '1.1 a (b), ', '1, ', 'for=a;', 'a=b; ', '[::1], ', '%2F', '..', './', '\xa0'],
];

/** What stands before and behind a run. */
const edges = [
  '',
  ' ',
  'a',
  ',',
  ';',
  '"',
  '<',
  '>',
  '=',
  '(',
  '1',
  'x,',
  '</a>',
  'text/html;',
  'a=',
  'timeout=',
  'bytes=',
];

/** What a value of these headers begins with, behind which something is looked for. */
const starts: Readonly<Record<string, string>> = {
  Accept: 'a/b',
  'Cache-Control': 'max-age=1',
  'Content-Disposition': 'attachment',
  'Content-Length': '1',
  'Content-Type': 'application/json',
  Cookie: 'a=b',
  Forwarded: 'for=a',
  'Keep-Alive': 'timeout=5',
  Link: '</a>',
  'Retry-After': '1',
  'Set-Cookie': 'a=b',
  Upgrade: 'websocket',
  Via: '1.1 a',
  'X-Endpoint': 'http://127.0.0.1/',
  'X-Forwarded-Host': 'x:1',
};

/** The worst values of a header that we know, of about so many characters. */
export function worstValues(name: string, length: number): readonly string[] {
  const half = { length: length / 2 };
  const before = starts[name] ?? '';
  const ends = before === '' ? ['~!'] : ['~!', '"'];
  // Two runs, so that an expression which looks behind the first one for its end is found out as well.
  return ends.flatMap((behind) =>
    pieces.map((piece) => run(piece, { ...half, before, behind }) + run(piece, { ...half, before: 'b', behind })),
  );
}

/** A value that ends in what does not fit the rest, of at most so many characters. */
export function run(piece: string, { length, before = '', behind = '~!' }: RunSettings): string {
  return before + piece.repeat(Math.max(1, Math.floor(length / piece.length))) + behind;
}

interface RunSettings {
  readonly length: number;
  readonly before?: string;
  readonly behind?: string;
}

/** Most of the values are short; a few fill a head. */
const length = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }) },
  fc.integer({ min: 41, max: 20_000 }),
);

const oneRun = fc
  .tuple(fc.constantFrom(...pieces), length, fc.constantFrom(...edges), fc.constantFrom(...edges))
  .map(([piece, size, before, behind]) => run(piece, { length: size, before, behind }));

export const value = fc.array(oneRun, { minLength: 1, maxLength: 4 }).map((runs) => runs.join(''));

/** Headers of these names, some of them many times. */
export function headers(names: readonly string[]): fc.Arbitrary<string> {
  const times = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 1_500 }));
  const line = fc.tuple(fc.constantFrom(...names), value, fc.boolean(), times).map(([name, more, isBegun, count]) => {
    const text = (isBegun ? (starts[name] ?? '') : '') + more;
    const fitting = Math.max(1, Math.min(count, Math.floor(60_000 / (name.length + text.length + 4))));
    return `${name}: ${text}\r\n`.repeat(fitting);
  });
  return fc.array(line, { maxLength: 6 }).map((lines) => lines.join(''));
}

/** What may stand in a chunk extension without making the message none, and what may not. */
const extension = fc.oneof({ weight: 9, arbitrary: value.map((text) => text.replace(/\W/g, '')) }, value);

/** A body, in a framing of which few are wrong. */
export const framedBody = fc
  .tuple(fc.constantFrom(...['none', 'length', 'length', 'chunked', 'trailers', 'open', 'wrong']), value, extension)
  .map(([framing, text, other]) => {
    const chunk = `${text.length.toString(16)};a=b${other}\r\n${text}\r\n0\r\n`;
    if (framing === 'none') return 'Content-Length: 0\r\n\r\n';
    if (framing === 'length') return `Content-Length: ${text.length}\r\n\r\n${text}`;
    if (framing === 'wrong') return `Content-Length: ${other}\r\n\r\n${text}`;
    if (framing === 'chunked') return `Transfer-Encoding: chunked\r\n\r\n${chunk}\r\n`;
    if (framing === 'trailers') return `Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}X-T: ${text}\r\n\r\n`;
    return `\r\n${text}`;
  });
