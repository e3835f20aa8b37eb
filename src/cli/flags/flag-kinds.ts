import { availableParallelism } from 'node:os';
import type { Percentile } from '../../index.ts';
import { type ListenAddress, parseListenAddress } from './address.ts';
import { parseByteSize } from './byte-size.ts';
import { parseDuration } from './duration.ts';

/** What a kind of flag takes. */
export interface Kind<Value> {
  /** Stands for the value in the usage; empty when the flag needs none. */
  readonly placeholder: string;
  /** The words for what is taken, for whoever gave something else. */
  readonly expected: string;
  /** Undefined when the text is no such value. */
  readonly parse: (text: string) => Value | undefined;
}

/** One flag of the command. */
export interface Flag<Value> extends Kind<Value> {
  /** The default, written as a user would write it. */
  readonly fallback: string;
  readonly help: string;
}

/** Completes a kind with what is a flag's own. */
type FlagOf<Value> = (fallback: string, help: string) => Flag<Value>;

function flagOf<Value>(kind: Kind<Value>): FlagOf<Value> {
  return (fallback, help) => ({ ...kind, fallback, help });
}

// What strconv.ParseBool of Go takes.
const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false])),
};

/** On when it stands alone; its value can only follow an equals sign. */
export const boolean = flagOf<boolean>({
  placeholder: '',
  expected: 'true or false',
  parse: (text) => (Object.hasOwn(booleans, text) ? booleans[text] : undefined),
});

export const string = flagOf<string>({ placeholder: 'string', expected: 'a string', parse: (text) => text });

/** In milliseconds. */
export const duration = flagOf<number>({
  placeholder: 'duration',
  expected: 'a duration from 0 such as 1m30s, 1.5s or 250ms',
  parse: parseDuration,
});

/** Milliseconds, or a percentile. */
export const hedgeDelay = flagOf<number | Percentile>({
  placeholder: 'duration|percentile',
  expected: 'a duration above 0 such as 10ms, or a percentile such as p95',
  parse: (text) => (/^p[1-9]\d?(\.\d+)?$/.test(text) ? (text as Percentile) : parseDuration(text) || undefined),
});

export const byteSize = flagOf<number>({
  placeholder: 'bytes',
  expected: 'a number of bytes such as 1048576, 512KB or 10MiB',
  parse: parseByteSize,
});

export const address = flagOf<ListenAddress>({
  placeholder: 'address',
  expected: 'an address such as :8080, localhost:8080 or [::1]:8080',
  parse: parseListenAddress,
});

/** An address, or false for none: an empty text. */
export const optionalAddress = flagOf<ListenAddress | false>({
  placeholder: 'address',
  expected: 'an address such as :9090, localhost:9090 or [::1]:9090, or nothing',
  parse: (text) => (text === '' ? false : parseListenAddress(text)),
});

/** More processes than this are a slip of the finger. */
const maxWorkers = 256;

export const workerCount = flagOf<number>({
  placeholder: 'number|auto',
  expected: `a number from 1 to ${maxWorkers}, or auto`,
  parse: (text) => {
    if (text === 'auto') return Math.min(availableParallelism(), maxWorkers);
    return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= maxWorkers ? Number(text) : undefined;
  },
});

/** One of a few words. */
export function choice<const Word extends string>(...words: readonly Word[]): FlagOf<Word> {
  return flagOf({
    placeholder: words.join('|'),
    expected: words.join(' or '),
    parse: (text) => words.find((word) => word === text),
  });
}
