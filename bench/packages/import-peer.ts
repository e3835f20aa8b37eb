/**
 * Imports a package of bench/package.json. The caller brings the types that it uses, because the code is type-checked
 * without these packages.
 */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}
