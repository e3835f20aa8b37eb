import { createRandom } from '../../../shared/random.ts';
import { bodyOf, digestOf } from '../../helpers/random-bodies.ts';
import { draw } from '../../soak/faults.ts';
import { eventsOf, fileLengths } from './bodies.ts';

/** What a server can do besides giving out files. */
export type Ability = 'uploads' | 'events' | 'no content' | 'trailers';

/** A request with the answer that it must have. */
export interface PlannedRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly body?: Buffer;
  readonly expected: ExpectedAnswer;
  /** Leave so many milliseconds after the request was sent, whatever has come by then. */
  readonly leaveAfterMs?: number;
}

export interface ExpectedAnswer {
  readonly status: number;
  readonly bytes: number;
  readonly digest: string;
  /** The sum that comes after the body. */
  readonly trailer?: string;
}

const weights = { file: 48, head: 6, upload: 20, events: 4, nothing: 5, trailers: 7, leaving: 10 };
type Kind = keyof typeof weights;

const abilityFor: Partial<Record<Kind, Ability>> = {
  upload: 'uploads',
  events: 'events',
  nothing: 'no content',
  trailers: 'trailers',
};

/** Plans requests that follow from the seed; what the server cannot do is left out. */
export function* mixedRequests(
  seed: number,
  abilities: readonly Ability[],
  largestBytes = Infinity,
): Generator<PlannedRequest, never> {
  const random = createRandom(seed);
  const lengths = fileLengths.filter((length) => length <= largestBytes);
  const answers = new Map<string, ExpectedAnswer>();
  const possible = Object.fromEntries(
    Object.entries(weights).filter(([kind]) => {
      const ability = abilityFor[kind as Kind];
      return ability === undefined || abilities.includes(ability);
    }),
  );

  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  /** Small ones are the rule: of two drawn the smaller one, of large ones another try. */
  const drawLength = (): number => {
    const length = Math.min(pick(lengths), pick(lengths));
    return length > 300_000 && random() < 0.6 ? pick(lengths.slice(0, 12)) : length;
  };
  const fileAnswer = (bytes: number): ExpectedAnswer => remembered(answers, `bytes ${bytes}`, () => bodyOf(bytes));

  while (true) {
    const kind = draw(possible, random());
    const length = drawLength();
    if (kind === 'head') {
      yield { method: 'HEAD', path: `/bytes/${length}`, expected: { ...fileAnswer(0), status: 200 } };
    } else if (kind === 'upload') {
      const body = bodyOf(Math.min(length, 1_048_576), String(random()));
      yield { method: 'POST', path: '/echo', body, expected: answerOf(body) };
    } else if (kind === 'events') {
      const count = 1 + Math.floor(random() * 20);
      const expected = remembered(answers, `events ${count}`, () => Buffer.from(eventsOf(count)));
      yield { method: 'GET', path: `/events/${count}`, expected };
    } else if (kind === 'nothing') {
      yield { method: 'GET', path: '/none', expected: { ...fileAnswer(0), status: 204 } };
    } else if (kind === 'trailers') {
      const expected = fileAnswer(length);
      yield { method: 'GET', path: `/trailers/${length}`, expected: { ...expected, trailer: expected.digest } };
    } else {
      const leaving = kind === 'leaving' && { leaveAfterMs: Math.floor(random() * 12) };
      yield { method: 'GET', path: `/bytes/${length}`, expected: fileAnswer(length), ...leaving };
    }
  }
}

function answerOf(body: Buffer): ExpectedAnswer {
  return { status: 200, bytes: body.length, digest: digestOf(body) };
}

function remembered(answers: Map<string, ExpectedAnswer>, key: string, make: () => Buffer): ExpectedAnswer {
  const known = answers.get(key) ?? answerOf(make());
  answers.set(key, known);
  return known;
}
