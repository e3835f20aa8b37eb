// By this name, since bundles often declare `createRequire` themselves.
import nodeModule from 'node:module';
import path from 'node:path';
import { BalancingProxyError } from '../errors.ts';

/**
 * An optional peer that is about to be used. Any version may be installed, because npm would refuse the whole installation
 * for the sake of somebody who does not use it; so it is looked at where it is used.
 */
export interface Peer {
  readonly name: string;
  /** What needs it, as the message begins: `undiciTransport()`. */
  readonly user: string;
  /** The oldest version that works, such as `8.12.0`. */
  readonly oldest: string;
  /** A name that was imported from it, with its value: which of several copies it is. */
  readonly part: readonly [name: string, value: unknown];
  /** What is known to be wrong with versions that are older; the first that fits is told. */
  readonly faults?: readonly Fault[];
}

/** What versions from this one on do, until one that does not. */
export interface Fault {
  readonly from: string;
  readonly mendedIn: string;
  /** Goes on after `which`. */
  readonly does: string;
}

/**
 * Looks whether the version of a peer works. In a bundle, where that cannot be told, it is taken to.
 * @throws BalancingProxyError that says which version is installed, what is expected and what to do.
 */
export function checkPeer(peer: Peer): void {
  const version = loadedVersion(peer);
  const problem = version === undefined ? undefined : problemOf(version, peer);
  if (problem) throw new BalancingProxyError('ERR_BRP_PEER', problem);
}

/** What is to be said of a version, if anything. */
export function problemOf(version: string, { user, name, oldest, faults = [] }: Peer): string | undefined {
  if (!isBefore(version, oldest)) return undefined;
  const fault = faults.find(({ from, mendedIn }) => !isBefore(version, from) && isBefore(version, mendedIn));
  const got = fault ? `${version}, which ${fault.does}` : version;
  return `${user}: expected ${name} ${oldest} or newer, got ${got}; npm install ${name}@^${oldest}`;
}

/**
 * The version of the copy that this package has imported. undici, for one, does not tell it, so the copy is looked for
 * among all modules that are loaded: resolving its name could lead to another one, above all from a bundle.
 */
function loadedVersion({ name, part: [key, value] }: Peer): string | undefined {
  const require = nodeModule.createRequire(process.execPath);
  const folder = path.join(path.sep, 'node_modules', name, path.sep);
  const isCopy = (file: string) => file.includes(folder) && require.cache[file]?.exports?.[key] === value;
  const file = Object.keys(require.cache).find(isCopy);
  if (file === undefined) return undefined;
  const { version } = require(path.join(file.slice(0, file.lastIndexOf(folder)), folder, 'package.json'));
  return String(version);
}

const byNumbers = new Intl.Collator('en', { numeric: true });

function isBefore(version: string, other: string): boolean {
  return byNumbers.compare(version, other) < 0;
}
