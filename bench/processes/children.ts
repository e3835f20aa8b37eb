import { type ChildProcess, fork, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const children = new Set<ChildProcess>();
/** Groups let a child take its own children along, such as the workers of nginx; Windows has none. */
const hasGroups = process.platform !== 'win32';

/** Another program that runs beside us. */
export interface Program {
  hasEnded(): boolean;
  /** The end of its stderr, at most 2,000 characters. */
  errors(): string;
  stop(): void;
}

/** A process of Node that answers messages. */
export interface NodeChild {
  /** Sends a message and gives the next one that comes back. Rejects with the process's stderr when the process ends. */
  ask(message: unknown): Promise<unknown>;
  stop(): void;
}

/** Makes sure that no child outlives this process, however it ends. */
export function stopChildrenAtExit(): void {
  process.once('exit', () => {
    for (const child of children) kill(child);
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

/** Starts a program that serves until we end. */
export function startProgram(command: string, args: readonly string[]): Program {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: hasGroups });
  const errors = watch(child);
  return { hasEnded: () => hasEnded(child), errors, stop: () => kill(child) };
}

/** Runs a program to its end and gives its standard output. Rejects when the program fails. */
export async function runProgram(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: hasGroups });
  const errors = watch(child);
  const printed = await text(child.stdout);
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors()}`);
  return printed;
}

/** Starts a file of ours as a process that serves until it is stopped or we end. */
export function forkNode(file: URL, args: readonly string[]): NodeChild {
  const child = fork(file, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: hasGroups,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const errors = watch(child);
  return { ask: (message) => ask(child, message, errors), stop: () => kill(child) };
}

function ask(child: ChildProcess, message: unknown, errors: () => string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const onEnd = (): void => reject(new Error(`the process ended: ${summaryOf(errors())}`));
  if (hasEnded(child)) onEnd();
  else {
    child.once('message', resolve).once('close', onEnd);
    child.send(message as object, (error) => error && onEnd());
  }
  return promise.finally(() => child.off('message', resolve).off('close', onEnd));
}

/** The line of an uncaught error that says what it is. */
function summaryOf(errors: string): string {
  return /^\w*Error.*$/m.exec(errors)?.[0] ?? errors;
}

function watch(child: ChildProcess): () => string {
  let said = '';
  children.add(child);
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-2_000);
  });
  child.once('error', (error) => {
    said += error.message;
  });
  child.once('exit', () => children.delete(child));
  return () => said.trim();
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || hasEnded(child)) return;
  try {
    process.kill(hasGroups ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // The process ended a moment ago.
  }
}
