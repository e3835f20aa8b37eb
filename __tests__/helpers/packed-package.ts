import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The package as its users get it: packed, and installed into projects of their own. */

const root = path.join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** What `npm pack` made, in a folder of its own. */
export interface PackedPackage {
  readonly files: ReadonlyArray<{ readonly path: string }>;
  /** Makes a project with the package and these others, by name and version. @returns its folder. */
  install(dependencies?: Readonly<Record<string, string>>): Promise<string>;
  /** An empty folder, apart from all projects. */
  createFolder(): Promise<string>;
  /** Removes all that was made. */
  close(): Promise<void>;
}

/**
 * Packs a copy, so that the build leaves alone what others use meanwhile.
 * @param parts the files and folders of which the copy is made. @default all
 */
export async function packPackage(parts: readonly string[] = ['.']): Promise<PackedPackage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'balancing-reverse-proxy-'));
  const copy = path.join(folder, 'copy');
  const isCopied = (source: string) => !['node_modules', '.git', 'dist'].includes(path.basename(source));
  for (const part of parts) {
    await cp(path.join(root, part), path.join(copy, part), { recursive: true, filter: isCopied });
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
  const answer = await npm(copy, 'pack', '--json', '--pack-destination', folder);
  // What the build prints comes first.
  const [packed] = JSON.parse(answer.slice(answer.indexOf('[\n')));
  const createFolder = () => mkdtemp(path.join(folder, 'project-'));
  return {
    files: packed.files,
    createFolder,
    install: async (dependencies = {}) => {
      const project = await createFolder();
      await cp(path.join(folder, packed.filename), path.join(project, 'package.tgz'));
      const manifest = {
        private: true,
        dependencies: { ...dependencies, 'balancing-reverse-proxy': 'file:package.tgz' },
      };
      await writeFile(path.join(project, 'package.json'), JSON.stringify(manifest));
      await npm(project, 'install', '--no-audit', '--no-fund', '--prefer-offline');
      return project;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs a file on the Node that runs this test. @returns what it prints. */
export async function runNode(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd });
  return stdout;
}

/** Runs npm on the Node that runs this test, whichever the machine has besides. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`;
  const isWindows = process.platform === 'win32';
  return (await run(isWindows ? 'npm.cmd' : 'npm', args, { cwd, env: { ...process.env, PATH }, shell: isWindows }))
    .stdout;
}
