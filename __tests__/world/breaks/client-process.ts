import { bodyOf } from '../../helpers/random-bodies.ts';
import { ask, type SeenAnswer } from '../../helpers/raw-client.ts';
import { shapes } from './shapes.ts';

// A client in a process of its own that asks for answers of all framings and says how each of them ended.

export interface BreakOrder {
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly parallel: number;
  /** After so many milliseconds a request counts as hanging. */
  readonly patienceMs: number;
}

export interface BreakReport {
  /** How many answers ended in which way, by framing and length. */
  readonly endings: Readonly<Record<string, Partial<Record<Ending, number>>>>;
  /** Answers that were whole by their framing and had not all bytes. */
  readonly short: readonly Seen[];
}

/** `unserved` is an error in place of an answer, `broken` an answer that the client can see to be none. */
export type Ending = 'whole' | 'short' | 'broken' | 'unserved' | 'hanging';

export type Seen = Omit<SeenAnswer, 'body'> & { readonly path: string; readonly bytes: number };

async function carryOut({ host, port, count, parallel, patienceMs }: BreakOrder): Promise<BreakReport> {
  const endings = Object.fromEntries(shapes.map((shape): [string, Partial<Record<Ending, number>>] => [shape, {}]));
  const short: Seen[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const id = next++;
      const shape = shapes[id % shapes.length] ?? '';
      const path = `/${shape}/${id}`;
      const seen = await ask({ host, port, path, patienceMs });
      const { body, ...rest } = seen;
      const ending = endingOf(seen, bodyOf(Number(shape.split('/')[1]), path));
      const counts = endings[shape] ?? {};
      counts[ending] = (counts[ending] ?? 0) + 1;
      if (ending === 'short') short.push({ ...rest, path, bytes: body.length });
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return { endings, short };
}

function endingOf({ status, end, isWhole, body }: SeenAnswer, expected: Buffer): Ending {
  if (end === 'hanging') return 'hanging';
  if (status >= 500) return 'unserved';
  if (!isWhole) return 'broken';
  return body.equals(expected) ? 'whole' : 'short';
}

process.on('message', async (order: BreakOrder) => process.send?.(await carryOut(order)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
