import { setImmediate } from 'node:timers/promises';

const disabling = '--disable-sigusr1';

/** The parts of a process that tell whether somebody wants to debug it. */
type DebuggedProcess = Pick<NodeJS.Process, 'debugPort' | 'env' | 'execArgv' | 'features'>;

/**
 * Closes Node's debugger if SIGUSR1 has opened it: Node does that in the first 20 milliseconds of a process, before any code of ours can
 * listen to the signal. A debugger that was asked for stays open.
 */
export async function closeUnwantedDebugger({ debugPort, env, execArgv, features }: DebuggedProcess): Promise<void> {
  // Unlike --inspect-port and --inspect-publish-uid, which only say how.
  const isWanted = [...execArgv, env.NODE_OPTIONS ?? ''].some((option) => /--inspect(?!-p)/.test(option));
  if (isWanted || !features.inspector || execArgv.includes(disabling)) return;
  const { default: inspector } = await import('node:inspector');
  // Node tells itself of the signal twice, by an interrupt and by a message, and so may open what was closed in between.
  for (let turn = 0; turn < 2; turn++) {
    const url = inspector.url();
    // Debuggers that attach by themselves, such as that of VS Code, open other ports.
    if (url !== undefined && Number(new URL(url).port) === debugPort) inspector.close();
    await setImmediate();
  }
}

/** The options of Node that keep SIGUSR1 from opening the debugger of a process from its very start, where this Node has one (22.14). */
export function optionsAgainstDebugger(): readonly string[] {
  return process.allowedNodeEnvironmentFlags.has(disabling) ? [disabling] : [];
}
