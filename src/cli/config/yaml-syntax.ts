// yaml 1 lacks some of these names: imported one by one, they would fail before its version can be complained of.
import * as yaml from 'yaml';
import { checkPeer } from '../../support/peer.ts';
import { type ParsedText, placeAt, type SourceNode, UnreadableText } from './source-node.ts';

const { isAlias, isMap, isNode, isScalar, isSeq, parseDocument, visit } = yaml;

/** The problems in our words, because the parser's own may quote the text. */
const problems: Readonly<Record<yaml.ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag',
  BAD_ALIAS: 'an alias needs an anchor of the same name before it',
  BAD_COLLECTION_TYPE: 'the tag is not for a list or a map',
  BAD_DIRECTIVE: 'the directive is unknown or not whole',
  BAD_DQ_ESCAPE: 'the escape sequence is unknown',
  BAD_INDENT: 'the indentation does not fit, or a bracket is missing',
  BAD_PROP_ORDER: 'anchors and tags come after the indicator',
  BAD_SCALAR_START: 'a text that begins like this needs quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a map or list cannot stand here; a text with a colon in it needs quotes, or the indentation of the next line does not fit',
  BLOCK_IN_FLOW: 'lists and maps within brackets need brackets, too',
  DUPLICATE_KEY: 'the key is there already',
  IMPOSSIBLE: 'this cannot be read',
  KEY_OVER_1024_CHARS: 'the key is too long, or a colon is missing',
  MISSING_CHAR: 'a quote, bracket, colon, comma or blank is missing',
  MULTILINE_IMPLICIT_KEY: 'the key is longer than a line, or a colon is missing',
  MULTIPLE_ANCHORS: 'there can be one anchor only',
  MULTIPLE_DOCS: 'there can be one document only',
  MULTIPLE_TAGS: 'there can be one tag only',
  NON_STRING_KEY: 'keys have to be texts',
  RESOURCE_EXHAUSTION: 'this is nested too deep',
  TAB_AS_INDENT: 'tabs cannot be used for indentation',
  TAG_RESOLVE_FAILED: 'the tag is unknown or does not fit',
  UNEXPECTED_TOKEN: 'this is not expected here; a text with special characters needs quotes',
};

/**
 * Parses YAML 1.2.
 * @throws UnreadableText for anything else, SyntaxError for aliases that lead to too much or nothing;
 * BalancingProxyError `ERR_BRP_PEER` when yaml is too old.
 */
export function parseYaml(text: string): ParsedText {
  checkPeer({ name: 'yaml', user: 'for YAML', oldest: '2.4.0', part: ['parseDocument', parseDocument] });
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const refuse = (code: yaml.ErrorCode, offset: number): never => {
    const seen = code === 'MISSING_CHAR' && isAtLineStart(text, offset) ? 'BAD_INDENT' : code;
    throw new UnreadableText(placeAt(text, offset), problems[seen] ?? 'this cannot be read');
  };
  // An unknown tag is only a warning of the parser, but nobody knows which value it should have given.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) refuse(problem.code, problem.pos[0]);
  visit(document, (_, node) => {
    if (isAlias(node) && !node.resolve(document)) refuse('BAD_ALIAS', node.range?.[0] ?? 0);
  });
  try {
    return { value: document.toJS(), source: nodeIn(document, document.contents, 0) };
  } catch {
    throw new SyntaxError('its aliases or tags lead to nothing that can be used');
  }
}

/** Whether nothing but blanks stands before a place in its line: what the parser misses there is most often the right indentation. */
function isAtLineStart(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset).trim() === '';
}

/**
 * Tells where a value stands: an alias where it is used, and what is within it where the anchor is.
 * @param around the place of what the value is within, for one that has none of its own, as behind a colon at the end of a line.
 */
function nodeIn(document: yaml.Document, node: unknown, around: number): SourceNode {
  const offset = isNode(node) ? (node.range?.[0] ?? around) : around;
  const meant = isAlias(node) ? node.resolve(document) : node;
  return {
    offset,
    fields: () =>
      (isMap(meant) ? meant.items : []).map(({ key, value }) => {
        const place = isNode(key) ? (key.range?.[0] ?? offset) : offset;
        return { name: String(isScalar(key) ? key.value : key), offset: place, value: nodeIn(document, value, place) };
      }),
    items: () => (isSeq(meant) ? meant.items : []).map((item) => nodeIn(document, item, offset)),
  };
}
