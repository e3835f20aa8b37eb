import { forwarding } from './groups/forwarding.ts';
import { limits } from './groups/limits.ts';
import { logging } from './groups/logging.ts';
import { serving } from './groups/serving.ts';
import { stopping } from './groups/stopping.ts';
import { boolean, type Flag } from './kinds/flag-kinds.ts';

const about = {
  check: boolean('false', 'read flags, variables and files, write what is wrong, or OK and what would run, and exit'),
  version: boolean('false', 'write the version and exit'),
  help: boolean('false', 'write this and exit'),
};

/** Every flag of the command. */
export const flags = { ...forwarding, ...serving, ...limits, ...logging, ...stopping, ...about };

/** The name of a flag, without its dash. */
export type FlagName = keyof typeof flags;

/** The value of every flag. */
export type FlagValues = {
  readonly [Name in FlagName]: (typeof flags)[Name] extends Flag<infer Value> ? Value : never;
};

/** The flags as the usage shows them: a title, and the flags that belong under it. */
export const flagGroups = Object.entries({
  Forwarding: forwarding,
  Serving: serving,
  Limits: limits,
  Logging: logging,
  Stopping: stopping,
  Help: about,
}).map(([title, group]) => ({ title, names: Object.keys(group) as readonly FlagName[] }));

/** The names of all flags, in the order of the usage. */
export const flagNames = Object.keys(flags) as readonly FlagName[];

/** Whether a flag asks the command about itself, such as for its version, rather than having it serve. */
export function isQuestion(name: FlagName): boolean {
  return Object.hasOwn(about, name);
}

/** A flag, of whatever kind. */
export function flagCalled(name: FlagName): Flag<unknown> {
  return flags[name];
}
