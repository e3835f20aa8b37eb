import { namesOnlyInCode } from '../../options/documented.ts';

const aFunction = 'it is a function, for which createBalancingProxy() has to be called';

/** The options that cannot stand in a file, by name, with the advice for whoever has one there. */
export const notInFiles: ReadonlyMap<string, string> = new Map([
  ...namesOnlyInCode.map((name) => [name, aFunction] as const),
  ['transport', 'use the flags -transport and -http2'],
  ['logger', 'the command writes its log itself, see the flags -log-*'],
  ['fallthrough', 'it gives requests to the middleware that is next, and nothing stands behind the command'],
]);
