/** The oldest Node that works: the first one with `URL.parse()`. `engines` in package.json says the same. */
export const oldestNode = '22.1';

/**
 * Says in words that follow a name that a Node is too old; undefined for one that works.
 * @param version such as `20.20.0`; undefined for another runtime that claims none.
 */
export function problemWithNode(version: string | undefined): string | undefined {
  const [major = 0, minor = 0] = (version ?? oldestNode).split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = oldestNode.split('.').map(Number);
  const isOld = major < neededMajor || (major === neededMajor && minor < neededMinor);
  return isOld ? `needs Node ${oldestNode} or newer, this is ${major}.${minor}` : undefined;
}
