import path from 'node:path';
import { inspect } from 'node:util';
import { isPlainObject } from '../../support/plain-object.ts';
import { CommandError } from '../flags/command-error.ts';
import { parseJson } from './json-syntax.ts';
import { loadWithPeer } from './optional-peer.ts';
import type { RawOptions } from './proxy-options.ts';
import { readText } from './read-text.ts';
import { offsetOf, type ParsedText, placeAt, type TextPlace, UnreadableText } from './source-node.ts';

/** Parses a text. @throws SyntaxError, or UnreadableText with the place. */
type Parse = (text: string) => ParsedText;

/** The options of a file. */
export interface ConfigFile {
  readonly options: RawOptions;
  /** Names the place of an option as editors and terminals take it, such as `proxy.yaml:7:5`. */
  placeOf(option: string, part: 'value' | 'name'): string;
}

/** Stands for the file where there is none. */
export const noFile: ConfigFile = { options: {}, placeOf: () => '' };

/**
 * Reads the options in a file, of which only the form is checked: the library knows which options there are.
 * @throws CommandError with exit code 2 whose lines begin with the name of the file.
 */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const parse = await parserFor(file);
  const text = await readOptionsText(file);
  const { value, source } = parseText(file, parse, text);
  if (!isPlainObject(value)) throw new CommandError(2, `${file}: expected the options by name, got ${kindOf(value)}`);
  return {
    options: withoutSchema(value),
    placeOf: (option, part) => placeIn(file, placeAt(text, offsetOf(source, option, part))),
  };
}

async function parserFor(file: string): Promise<Parse> {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.json') return parseJson;
  if (extension === '.yaml' || extension === '.yml') return loadYaml(file);
  throw new CommandError(2, `${file}: expected a file of -config whose name ends in .json, .yaml or .yml`);
}

async function loadYaml(file: string): Promise<Parse> {
  const yaml = await loadWithPeer(() => import('./yaml-syntax.ts'));
  if (yaml) return yaml.parseYaml;
  throw new CommandError(2, `${file}: yaml is not installed; npm install yaml, or write the file in JSON`);
}

async function readOptionsText(file: string): Promise<string> {
  try {
    // Editors on Windows put a byte order mark in front of a text.
    return (await readText(file)).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new CommandError(2, `${file}: cannot be read: ${(error as Error).message}`);
  }
}

function parseText(file: string, parse: Parse, text: string): ParsedText {
  try {
    return parse(text);
  } catch (error) {
    const place = error instanceof UnreadableText ? placeIn(file, error.place) : file;
    throw new CommandError(2, `${place}: ${(error as Error).message}`);
  }
}

function placeIn(file: string, { line, column }: TextPlace): string {
  return `${file}:${line}:${column}`;
}

/** Leaves out what tells editors where the schema of the file is. */
function withoutSchema({ $schema, ...options }: RawOptions): RawOptions {
  return options;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  return typeof value === 'string' ? 'a text' : inspect(value);
}
