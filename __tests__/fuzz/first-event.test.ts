import fc from 'fast-check';
import { FirstEventParser, type ServerSentEvent } from '../../src/http/first-event.ts';
import { bounded, seedTitle } from './seed.ts';

/** Reads a text whole and step by step as WHATWG HTML 9.2.6 says it, however slow that is. */
function firstEventIn(bytes: Uint8Array): ServerSentEvent | undefined {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  let fields = { event: '', data: '', id: undefined as string | undefined };
  // Behind the last line end there is no line.
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (fields.data !== '') return { ...fields, event: fields.event || 'message', data: fields.data.slice(0, -1) };
      fields = { ...fields, event: '' };
      continue;
    }
    const colon = line.includes(':') ? line.indexOf(':') : line.length;
    const rest = line.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    const name = line.slice(0, colon);
    if (name === 'event') fields.event = value;
    if (name === 'data') fields.data += `${value}\n`;
    if (name === 'id' && !value.includes('\0')) fields.id = value;
  }
  return undefined;
}

const part = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n') },
  {
    weight: 6,
    arbitrary: fc.constantFrom('data', 'data:', 'data: ', 'event:', 'id: ', 'retry: 1', ':', ' ', '\uFEFF'),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
);
const bytesOfParts = fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join('')));
const anyBytes = fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes));
const streams = fc.array(fc.oneof({ weight: 5, arbitrary: bytesOfParts }, anyBytes), { maxLength: 6 });

describe(`the first event of a stream (${seedTitle})`, () => {
  test('is the one that a slow reader of the whole finds, wherever the stream is cut', () => {
    const property = fc.property(streams, (chunks) => {
      const parser = new FirstEventParser();
      let soFar = Buffer.alloc(0);
      for (const chunk of chunks) {
        parser.push(chunk);
        soFar = Buffer.concat([soFar, chunk]);
        expect(parser.found).toEqual(firstEventIn(soFar));
      }
    });
    fc.assert(property, bounded(20_000));
  });
});
