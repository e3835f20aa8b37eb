/**
 * Imports a package of bench/package.json. Its types are the caller's, who says only what it uses: the packages need not
 * be there when the code is checked.
 */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}
