import path from 'node:path';
import { publicFiles } from './sources.ts';

/** A folder, whose name ends in a slash, or a file by itself. */
interface Room {
  readonly name: string;
  /** The rooms from which its files may import, besides their own. @default all rooms before it */
  readonly mayImport?: readonly string[];
}

/** The files that users of the package import. */
export const publicNames: readonly string[] = [...publicFiles.values()];

const ground = ['src/errors.ts', 'src/support/'];

/** The house from the ground up, with who may import whom. */
export const house: readonly Room[] = [
  { name: 'src/errors.ts', mayImport: [] },
  { name: 'src/support/', mayImport: ['src/errors.ts'] },
  { name: 'src/race/', mayImport: ground },
  { name: 'src/http/', mayImport: ground },
  { name: 'src/endpoints/' },
  { name: 'src/transports/', mayImport: [...ground, 'src/http/', 'src/endpoints/'] },
  { name: 'src/events/', mayImport: [...ground, 'src/race/', 'src/http/', 'src/endpoints/'] },
  { name: 'src/attempts/' },
  { name: 'src/client/' },
  { name: 'src/observers/', mayImport: [...ground, 'src/race/', 'src/http/', 'src/endpoints/', 'src/events/'] },
  { name: 'src/options/' },
  { name: 'src/proxy/' },
  { name: 'src/interception/', mayImport: [...ground, 'src/http/', 'src/attempts/', 'src/client/'] },
  { name: 'src/testing/', mayImport: [...ground, 'src/endpoints/', 'src/transports/'] },
  { name: 'src/index.ts' },
  {
    name: 'src/cli/',
    mayImport: [
      ...ground,
      'src/http/trusted-peers.ts',
      'src/race/percentile.ts',
      'src/race/strategies/',
      'src/transports/connect/spare-descriptors.ts',
      'src/endpoints/state/snapshot.ts',
      'src/observers/',
      'src/options/choices.ts',
      'src/options/documented.ts',
      ...publicNames,
    ],
  },
  { name: 'shared/', mayImport: [] },
  { name: 'demo/', mayImport: ['shared/', ...publicNames] },
  { name: 'examples/', mayImport: publicNames },
  { name: 'bench/', mayImport: ['shared/', ...publicNames] },
];

/** Whether a file is the place or in it. */
export function isIn(...places: readonly string[]): (file: string) => boolean {
  return (file) => places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
}

/** The room of a file; undefined for one that lies loose. */
export function roomOf(file: string): Room | undefined {
  return house.find(({ name }) => isIn(name)(file));
}

/** Whether a file lies in no room. */
export function isLoose(file: string): boolean {
  return roomOf(file) === undefined;
}

/** Whether the house lets one file of ours import another. */
export function mayImport(from: string, to: string): boolean {
  const room = roomOf(from);
  if (room === undefined) return false;
  const before = house.slice(0, house.indexOf(room)).map(({ name }) => name);
  return isIn(room.name, ...(room.mayImport ?? before))(to);
}

/** The folder that a file lies in; a file that is a room by itself is its own. */
export function folderOf(file: string): string {
  return roomOf(file)?.name === file ? file : `${path.posix.dirname(file)}/`;
}
