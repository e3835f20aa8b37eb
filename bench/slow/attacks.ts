/** A kind of clients that take their time, as slowhttptest plays them. */
export interface Attack {
  readonly name: string;
  /** What is asked for. */
  readonly path: string;
  /** The flags of slowhttptest beside those of all, from the examples of its manual page. */
  readonly flags: readonly string[];
}

/** The attacks, each with the settings of its example in the manual page of slowhttptest. */
export const attacks: readonly Attack[] = [
  { name: 'slowloris', path: '/', flags: ['-H', '-i', '10', '-x', '24', '-t', 'GET'] },
  // The method of the example is none that node:http takes.
  { name: 'slow body', path: '/', flags: ['-B', '-i', '110', '-s', '8192', '-x', '10', '-t', 'POST'] },
  { name: 'slow read', path: '/large', flags: ['-X', '-w', '512', '-y', '1024', '-n', '5', '-z', '32', '-k', '3'] },
];

/** How many clients there are, how fast they come, and for how long they stay. */
export interface AttackSize {
  readonly connections: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * The command line of slowhttptest for an attack. It waits in a busy loop: the clients of the world have machines of their own, so that
 * here they get what the servers leave them.
 */
export function commandOf({ flags, path }: Attack, url: string, size: AttackSize): readonly string[] {
  const { connections, perSecond, seconds } = size;
  const numbers = ['-c', String(connections), '-r', String(perSecond), '-l', String(seconds)];
  return ['nice', '-n', '19', 'slowhttptest', ...numbers, ...flags, '-p', '3', '-v', '0', '-u', `${url}${path}`];
}
