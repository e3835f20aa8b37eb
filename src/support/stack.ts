/**
 * Turns the stacks of an error and of its cause into texts. Until a stack is read, V8 keeps the functions and objects in it: with an error
 * of node:net that is the socket and all around it, 9 KB.
 */
export function settleStacks(error: Error): void {
  for (const each of [error, error.cause]) {
    try {
      if (each instanceof Error) Reflect.get(each, 'stack');
    } catch {
      // The app's own `Error.prepareStackTrace` may throw, for which nobody here has asked.
    }
  }
}
