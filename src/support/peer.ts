// Imported by this name, since bundles often declare `createRequire` themselves.
import nodeModule from 'node:module';
import path from 'node:path';
import { BalancingProxyError } from '../errors.ts';

/**
 * An optional peer that is about to be used. Any version may be installed, because npm would otherwise refuse the whole installation
 * even for somebody who does not use the peer: the version is checked where the peer is used.
 */
export interface Peer {
  /** The name of the package. */
  readonly name: string;
  /** The function that needs the peer, with which the message begins, such as `undiciTransport()`. */
  readonly user: string;
  /** The oldest version that works, such as `8.12.0`. */
  readonly oldest: string;
  /** A name that was imported from the peer, with its value, which tells one copy of the package from others. */
  readonly part: readonly [name: string, value: unknown];
  /** Known faults of older versions; the first that fits is told. */
  readonly faults?: readonly Fault[];
}

/** A fault of some versions. */
export interface Fault {
  /** The first version with the fault. */
  readonly from: string;
  /** The first version without it again. */
  readonly mendedIn: string;
  /** The fault, in words that follow `which`. */
  readonly does: string;
}

/**
 * Checks that the version of a peer works. In a bundle the version cannot be told, and any is taken to work.
 * @throws BalancingProxyError `ERR_BRP_PEER` that says which version is installed, which is expected, and what to do.
 */
export function checkPeer(peer: Peer): void {
  const version = loadedVersion(peer);
  const problem = version === undefined ? undefined : problemOf(version, peer);
  if (problem) throw new BalancingProxyError('ERR_BRP_PEER', problem);
}

/** The message about a version that does not work, or undefined for one that does. */
export function problemOf(version: string, { user, name, oldest, faults = [] }: Peer): string | undefined {
  if (!isBefore(version, oldest)) return undefined;
  const fault = faults.find(({ from, mendedIn }) => !isBefore(version, from) && isBefore(version, mendedIn));
  const got = fault ? `${version}, which ${fault.does}` : version;
  return `${user}: expected ${name} ${oldest} or newer, got ${got}; npm install ${name}@^${oldest}`;
}

/**
 * The version of the copy that this package has imported. Packages such as undici do not tell it, so the copy is looked for among all
 * modules that are loaded: its name may resolve to another copy, above all from a bundle.
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
