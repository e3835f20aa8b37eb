import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { linksIn } from '../../../src/client/response/early-hints.ts';
import { bounded, seedTitle } from '../../fuzz/seed.ts';

/** Whether node:http sends this hint. */
function isTakenByNode(link: readonly string[]): boolean {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  try {
    res.writeEarlyHints({ link: [...link] });
    return true;
  } catch {
    return false;
  }
}

describe('linksIn', () => {
  test.each<[string, string[], string[]]>([
    ['a bare link', ['</a>'], ['</a>']],
    ['parameters', ['</a>; rel=preload; as="style"; crossorigin'], ['</a>; rel=preload; as="style"; crossorigin']],
    ['several values', ['</a>', '</b>;x=y'], ['</a>', '</b>;x=y']],
    ['several in one', ['</a>;x=1 ,</b>; x, </c>'], ['</a>;x=1', '</b>; x', '</c>']],
    ['commas in an address', ['</a,b>, <c, d>'], ['</a,b>', '<c, d>']],
    ['commas in quotes', ['</a>; t="x,y", </b>'], ['</a>; t="x,y"', '</b>']],
    ['an equals sign in a value', ['</a>;a=b=c'], ['</a>;a=b=c']],
    ['bytes above 127', ['</\xe9>; t=\xfc'], ['</\xe9>; t=\xfc']],
    ['an empty parameter', ['</a>; t=""; u='], ['</a>; t=""; u=']],
    ['a parameter of RFC 8187', ["</a>; title*=UTF-8''%e2%82%ac"], ["</a>; title*=UTF-8''%e2%82%ac"]],
    ['nothing', ['', ',', ' , ,'], []],
  ])('gives %s', (_, values, links) => {
    expect(linksIn(values)).toEqual(links);
    expect(isTakenByNode(links)).toBe(true);
  });

  test.each([
    ['without brackets', 'a'],
    ['with a stray quote', '</a>;a=b"'],
    ['with a quote in a name', '</a>;a"b"=c'],
    ['with a space in quotes, which Node refuses', '</a>; media="(width > 1px)"'],
    ['with an escaped quote, which Node refuses', '</a>; t="\\", </c>"'],
    ['with a bracket that does not end', '<a'],
    ['with an empty parameter', '</a>;;b'],
    ['with a control character in its address', '</a\x01>'],
    ['with a control character in a value', '</a>;b=\x7f'],
    ['with a character that is no byte', '</a>;b=\u2028'],
    ['with a space that is none of ASCII', '</a>;b=\xa0c'],
    ['with text behind it', '</a> b'],
  ])('drops a link %s, and keeps the others', (_, bad) => {
    expect(linksIn([`</x>; rel=preload, ${bad}, </y>; rel=preload`])).toEqual([
      '</x>; rel=preload',
      '</y>; rel=preload',
    ]);
  });

  test('takes no link out of quotes, closed or not', () => {
    expect(linksIn(['</a>; t="x, </b>; rel=preload"', '</a>; t="x, </c>'])).toEqual([]);
  });

  test.each([
    ['parameters with a bad end', '</a>', ';a=b', '"'],
    ['parameters without values', '</a>', ';a', '"'],
    ['equals signs', '</a>;a', '=', '"'],
    ['blanks', '</a>', ' ', 'b'],
    ['blanks and semicolons', '</a>', ' ;\t', '"'],
    ['commas and blanks', '</a>', ', ', 'b'],
    ['brackets', '</a>', ', <', ''],
    ['quotes that are escaped', '</a>;b="', '\\"', ''],
    ['quotes', '</a>', ';b="', ''],
    ['bad links', '', '</a>;a=b", ', ''],
    ['good links', '', '</a>;a=b;c="d", ', ''],
  ])('reads a megabyte of %s at once', (_, start, repeated, end) => {
    const value = start + repeated.repeat(1_000_000 / repeated.length) + end;
    const startedAt = performance.now();
    linksIn([value]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  describe(seedTitle, () => {
    const piece = fc.constantFrom(...'<>;,="\\ \ta', '</a>', ';a=b', ';a="b"', ', ', '\xa0', '\xe9', '\x01');
    const pieces = (maxLength: number) => fc.array(piece, { maxLength }).map((list) => list.join(''));
    /** What makes expressions go back: the same over and over again, and an end that does not fit. */
    const repetitive = fc
      .tuple(pieces(6), pieces(6), fc.nat(500), pieces(6))
      .map(([start, repeated, times, end]) => start + repeated.repeat(times) + end);

    test('gives nothing that Node refuses or thinks about for long', () => {
      const startedAt = performance.now();
      const property = fc.property(fc.array(repetitive, { maxLength: 3 }), (values) => {
        const links = linksIn(values);
        return links.length === 0 || isTakenByNode(links);
      });
      fc.assert(property, bounded(1_000));
      expect(performance.now() - startedAt).toBeLessThan(15_000);
    });

    test('gives every link of a list in which each is good', () => {
      const word = fc.stringMatching(/^[a-z*]{1,8}$/);
      const value = fc.oneof(
        word,
        word.map((text) => `"${text},<"`),
        fc.constant('""'),
      );
      const link = fc
        .tuple(fc.webPath(), fc.array(fc.tuple(word, value), { maxLength: 5 }))
        .map(([path, list]) => `<${path}>${list.map((pair) => `; ${pair.join('=')}`).join('')}`);
      const property = fc.property(fc.array(link, { minLength: 1 }), (links) => {
        expect(linksIn([links.join(', ')])).toEqual(links);
      });
      fc.assert(property, bounded(500));
    });
  });
});
