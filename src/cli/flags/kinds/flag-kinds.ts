import { availableParallelism } from 'node:os';
import { isPeerRule, peerRules } from '../../../http/trusted-peers.ts';
import { isPercentile, type Percentile } from '../../../race/percentile.ts';
import { maxTimerMs } from '../../../support/timer.ts';
import { type ListenAddress, maxPathBytes, parseListenAddress } from './address.ts';
import { parseByteSize } from './byte-size.ts';
import { parseDuration } from './duration.ts';
import { parseHostNames } from './host-names.ts';

/** A kind of flags, which take the same texts. */
export interface Kind<Value> {
  /** Stands for the value in the usage. */
  readonly placeholder: string;
  /** Whether the flag may stand alone and is true then; another value can only follow an equals sign, as in Go. */
  readonly mayStandAlone?: boolean;
  /** Describes the texts that are taken, as in `expected true or false`. */
  readonly expected: string;
  /** Undefined when the text is no such value. */
  readonly parse: (text: string) => Value | undefined;
}

/** The part of a flag that only some have. */
interface Effects<Value> {
  /** The option of the library that the flag sets, such as `timeouts.idleMs`. */
  readonly option?: string;
  /** The option's value where the flag's is another one; undefined is the option's default. */
  toOption?(value: Value): unknown;
  /** Whether the default is the command's own, which holds where nobody sets the option; others have that of their option. */
  readonly isOwnDefault?: boolean;
  /** Whether the Go original has the flag, too, with this name, default and meaning; only `fanout` has another default. */
  readonly isOriginal?: boolean;
}

/** One flag of the command. */
export interface Flag<Value> extends Kind<Value>, Effects<Value> {
  /** The default, written as a user would write it. */
  readonly fallback: string;
  /** The sentence of the usage, in which `{}` stands for that of the option. */
  readonly help: string;
}

/** Completes a kind with the rest of a flag. */
type FlagOf<Value> = (fallback: string, help: string, effects?: Effects<Value>) => Flag<Value>;

function flagOf<Value>(kind: Kind<Value>): FlagOf<Value> {
  return (fallback, help, effects) => ({ ...kind, ...effects, fallback, help });
}

// The texts that strconv.ParseBool of Go takes.
const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false])),
};

function parseBoolean(text: string): boolean | undefined {
  return Object.hasOwn(booleans, text) ? booleans[text] : undefined;
}

/** True or false. */
export const boolean = flagOf<boolean>({
  placeholder: '',
  mayStandAlone: true,
  expected: 'true or false',
  parse: parseBoolean,
});

/** Everybody, nobody, or peers. */
export const trust = flagOf<boolean | readonly string[]>({
  placeholder: 'true|false|networks',
  mayStandAlone: true,
  expected: `true, false, or with commas between them ${peerRules}`,
  parse(text) {
    const peers = text.split(',').map((peer) => peer.trim());
    return parseBoolean(text) ?? (peers.every(isPeerRule) ? peers : undefined);
  },
});

/** Any text. */
export const string = flagOf<string>({ placeholder: 'string', expected: 'a string', parse: (text) => text });

/** The path of a PEM file whose text is an option of the library. Whoever reads the file sets the option. */
export function pemFile(option: string): Flag<string> {
  return string('', 'path of a file: {}', { option, toOption: () => undefined });
}

/** Milliseconds from 0. */
export const duration = flagOf<number>({
  placeholder: 'duration',
  expected: 'a duration from 0 such as 1m30s, 1.5s or 250ms',
  parse: parseDuration,
});

/** Milliseconds from one second, as what is asked for a sign of life once a second can give none before; 0 is for ever. */
export const patience = flagOf<number>({
  placeholder: 'duration',
  expected: 'a duration of at least 1s such as 10s, or 0',
  parse: (text) => {
    const ms = parseDuration(text);
    return ms === undefined || (ms > 0 && ms < 1_000) ? undefined : ms;
  },
});

/** A duration that limits something in the library. 0 is no limit, as in Go, and so is `1000h`, which no timer can keep. */
export function limit(fallback: string, option: string, effects: Effects<number> = {}): Flag<number> {
  return duration(fallback, '{}; 0 is no limit', {
    ...effects,
    option,
    toOption: (ms) => (ms === 0 ? Infinity : keepable(ms)),
  });
}

/** A duration as the library takes it: one that no timer can keep, such as `1000h`, is no limit. */
export function keepable(ms: number): number {
  return ms > maxTimerMs ? Infinity : ms;
}

/** Milliseconds above 0, a percentile, or `auto`. */
export const hedgeDelay = flagOf<number | Percentile | 'auto'>({
  placeholder: 'duration|percentile|auto',
  expected: 'a duration above 0 such as 10ms, a percentile such as p95, or auto',
  parse: (text) => (text === 'auto' || isPercentile(text) ? text : parseDuration(text) || undefined),
});

/** Bytes from 0. */
export const byteSize = flagOf<number>({
  placeholder: 'bytes',
  expected: 'a number of bytes such as 1048576, 512KB or 10MiB',
  parse: parseByteSize,
});

const socketPath = `unix:/run/app.sock with a path of at most ${maxPathBytes} bytes`;

/** The place where a server listens. */
export const address = flagOf<ListenAddress>({
  placeholder: 'address',
  expected: `an address such as :8080, localhost:8080, [::1]:8080, or ${socketPath}`,
  parse: parseListenAddress,
});

/** An address, or false for an empty text. */
export const optionalAddress = flagOf<ListenAddress | false>({
  placeholder: 'address',
  expected: `an address such as :9090, localhost:9090 or [::1]:9090, ${socketPath}, or nothing`,
  parse: (text) => (text === '' ? false : parseListenAddress(text)),
});

/** Names of hosts, perhaps none. */
export const hostNames = flagOf<readonly string[]>({
  placeholder: 'names',
  expected: 'comma-separated host names such as proxy.example.com or .example.com, * for all, or nothing',
  parse: parseHostNames,
});

/** The permissions of a file, as chmod takes them, or false for an empty text. */
export const fileMode = flagOf<number | false>({
  placeholder: 'octal',
  expected: 'permissions such as 660, or nothing',
  parse: (text) => (text === '' ? false : /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined),
});

/** A number of things from 0. */
export const count = flagOf<number>({
  placeholder: 'number',
  expected: 'a whole number from 0',
  parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
});

/** A number above this is a slip of the finger. */
const maxWorkers = 256;

/** A number of processes from 1. */
export const workerCount = flagOf<number>({
  placeholder: 'number|auto',
  expected: `a number from 1 to ${maxWorkers}, or auto`,
  parse: (text) => {
    if (text === 'auto') return Math.min(availableParallelism(), maxWorkers);
    return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= maxWorkers ? Number(text) : undefined;
  },
});

/** One of these words. */
export function choice<const Word extends string>(...words: readonly Word[]): FlagOf<Word> {
  return flagOf({
    placeholder: words.join('|'),
    expected: words.join(' or '),
    parse: (text) => words.find((word) => word === text),
  });
}
