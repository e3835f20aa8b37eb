import { FirstEventParser, type ServerSentEvent } from '../../src/http/first-event.ts';

const message = (data: string, more: Partial<ServerSentEvent> = {}): ServerSentEvent => ({
  event: 'message',
  data,
  id: undefined,
  ...more,
});

/** Streams of events by their text, and the first event of each. */
const streams: ReadonlyArray<readonly [text: string, first: ServerSentEvent | undefined]> = [
  ['data: a\n\n', message('a')],
  ['data: a\r\n\r\n', message('a')],
  ['data: a\r\r', message('a')],
  ['data: a\r\n\r', message('a')],
  ['data: a\n\r\n', message('a')],
  ['data:a\n\n', message('a')],
  ['data:  a \n\n', message(' a ')],
  ['data: a: b\n\n', message('a: b')],
  ['data\n\n', message('')],
  ['data:\n\n', message('')],
  ['data\ndata\n\n', message('\n')],
  ['data: a\ndata: b\n\n', message('a\nb')],
  ['data: a\n\ndata: b\n\n', message('a')],
  ['event: error\ndata: a\n\n', message('a', { event: 'error' })],
  ['event: x\nevent: y\ndata: a\n\n', message('a', { event: 'y' })],
  ['event:\ndata: a\n\n', message('a')],
  ['event: x\n\ndata: a\n\n', message('a')],
  ['id: 1\ndata: a\n\n', message('a', { id: '1' })],
  ['id: 1\n\ndata: a\n\n', message('a', { id: '1' })],
  ['id\ndata: a\n\n', message('a', { id: '' })],
  ['id: 1\nid: 2\0\ndata: a\n\n', message('a', { id: '1' })],
  ['id: 2\0\ndata: a\n\n', message('a')],
  [': ping\n\ndata: a\n\n', message('a')],
  [':\n\n\n\ndata: a\n\n', message('a')],
  ['retry: 10\n\nid: 1\n\nevent: x\n\n', undefined],
  ['dat: a\nDATA: a\n data: a\n\n', undefined],
  ['\uFEFFdata: a\n\n', message('a')],
  ['\uFEFF\uFEFFdata: a\n\n', undefined],
  [': x\n\uFEFFdata: a\n\n', undefined],
  ['data: \u00fc\u{1f600}\n\n', message('\u00fc\u{1f600}')],
  ['', undefined],
  ['\n\n', undefined],
  ['data: a\n', undefined],
  ['data: a', undefined],
  ['data: a\n\r', message('a')],
];

describe('the first event of a stream', () => {
  test.each(streams)('of %j is %j', (text, first) => {
    const parser = new FirstEventParser();
    parser.push(Buffer.from(text));
    expect(parser.found).toEqual(first);
  });

  test.each(streams)('of %j is the same when it comes byte by byte', (text, first) => {
    const parser = new FirstEventParser();
    for (const byte of Buffer.from(text)) parser.push(Buffer.of(byte));
    expect(parser.found).toEqual(first);
  });

  test('of bytes that are no UTF-8 has U+FFFD in their place', () => {
    const parser = new FirstEventParser();
    parser.push(Buffer.from('data: a\xe2\x82 b\n\n', 'latin1'));
    expect(parser.found).toEqual(message('a\uFFFD b'));
  });

  test('is there as soon as its empty line has begun', () => {
    const parser = new FirstEventParser();
    parser.push(Buffer.from('data: a\r\n'));
    expect(parser.found).toBeUndefined();
    parser.push(Buffer.from('\r'));
    expect(parser.found).toEqual(message('a'));
  });
});
