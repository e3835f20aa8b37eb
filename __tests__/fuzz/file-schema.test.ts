import fc from 'fast-check';
import { notInFiles } from '../../src/cli/config/not-in-files.ts';
import { proxyOptions } from '../../src/options/config.ts';
import { documented } from '../../src/options/documented.ts';
import { isPlainObject } from '../../src/support/plain-object.ts';
import { passesParser, passesSchema } from '../cli/config/file-verdicts.ts';
import { ofAnyKind, optionsWith, special } from './option-values.ts';
import { bounded, seedTitle } from './seed.ts';

/** Why a schema takes what the command refuses for an option. */
const looserAs = {
  whole: 'a URL is more than the beginning that the schema knows',
  place: 'whether a text is an address takes more than a pattern',
  framing: 'names of headers are compared in lower case',
  order: 'a range must not end before it begins, and some status has to be left',
  read: 'a certificate is read, and fits its key',
  pair: 'one limit is compared with the other',
  number: 'an IP address is no host name',
  cipher: 'OpenSSL has to know a cipher',
  expression: 'a text need not be a regular expression',
};

const looser: Readonly<Record<string, string>> = {
  endpoints: looserAs.whole,
  'endpoints[].url': looserAs.whole,
  'endpoints[].dns': looserAs.whole,
  'endpoints[].servers': looserAs.place,
  'endpoints[].address': looserAs.place,
  'endpoints[].headers': looserAs.framing,
  'endpoints[].terminalStatuses': looserAs.order,
  terminalStatuses: looserAs.order,
  preferStatuses: looserAs.order,
  trustForwarded: looserAs.place,
  'hedge.minDelayMs': looserAs.pair,
  'hedge.maxDelayMs': looserAs.pair,
  hedge: looserAs.pair,
  tls: looserAs.read,
  'endpoints[].tls': looserAs.read,
  'tls.ca': looserAs.read,
  'tls.cert': looserAs.read,
  'tls.key': looserAs.read,
  'tls.servername': looserAs.number,
  'tls.ciphers': looserAs.cipher,
  pathRewrite: looserAs.expression,
  locationRewrite: looserAs.whole,
};

/** Whether a file of YAML could say this. */
function isInFiles(value: unknown): boolean {
  if (Array.isArray(value)) return [...value].every(isInFiles);
  if (isPlainObject(value)) return !(value instanceof URL) && Object.values(value).every(isInFiles);
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Numbers at which kinds of options begin and end. */
const edges = fc.constantFrom(0, -1, 1, 0.5, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 53, Infinity, -Infinity, Number.NaN);

const inFiles = documented(proxyOptions).filter(({ path }) => !notInFiles.has(path));

describe(`the schema of the file (${seedTitle})`, () => {
  test.each(inFiles)('takes for $path what the command takes, and hardly more', ({ path }) => {
    const values = fc.oneof(special[path] ?? ofAnyKind, ofAnyKind, edges, fc.jsonValue()).filter(isInFiles);
    const property = fc.property(values, (value) => {
      const options = optionsWith(path, value);
      const verdicts = { command: passesParser(options), schema: passesSchema(options) };
      if (verdicts.command === verdicts.schema) return;
      expect({ value, ...verdicts }).toEqual({ value, command: false, schema: true });
      expect(looser).toHaveProperty([path]);
    });
    fc.assert(property, bounded(500));
  });

  test('is looser for options that exist', () => {
    const known = inFiles.map(({ path }) => path);
    expect(Object.keys(looser).filter((path) => !known.includes(path))).toEqual([]);
  });
});
