import { announcedBytes, hasLength, isChunked, isClosed, type Plot, sentBytes } from './cell.ts';

/** What the client sees in the end. */
export type Outcome =
  /** Every byte of an answer that was given by one endpoint. */
  | 'whole'
  /** Every byte, the last ones from the other endpoint, of which only they were asked. */
  | 'resumed by range'
  /** Every byte, the last ones from the other endpoint, whose first ones were the same. */
  | 'resumed by replay'
  /** A message that is visibly not to its end, the bytes before being right. */
  | 'broken'
  /** The same, but its last bytes are none of the body. */
  | 'broken behind garbage'
  /** An error in place of an answer. */
  | 'error'
  /** A message that looks whole and is not, as the endpoint's did. */
  | 'cut unseen';

/** What is to come of some cells. */
export interface Rule {
  readonly outcome: Outcome;
  readonly why: string;
  readonly isFor: (plot: Plot) => boolean;
}

/** Most bytes that are held. */
const holdBytes = 65_536;

/** Whether no party can tell the message from a whole one. */
export const isUnseen = (plot: Plot): boolean =>
  (plot.fault === 'FIN' && isClosed(plot)) || (plot.fault === 'announces less' && plot.form === 'length');

const isBroken = (plot: Plot): boolean => plot.fault !== 'none' && !isUnseen(plot);

/** Whether the answer is still held when it breaks. */
export function isHeld(plot: Plot): boolean {
  const announced = announcedBytes(plot);
  if (announced !== undefined) return announced <= holdBytes;
  return plot.hold === 'to its bytes' && sentBytes(plot) < holdBytes;
}

/** Whether there are as many bytes as the head says, and only END_STREAM is missing. */
const hasAll = (plot: Plot): boolean => hasLength(plot) && plot.place === 'in the mark of the end';

/** Whether a stream is reset without an error that has brought all that was announced. */
const isEndedByReset = (plot: Plot): boolean => hasAll(plot) && plot.fault === 'RST_STREAM(NO_ERROR)';

const breaksInHold = (plot: Plot): boolean => isBroken(plot) && isHeld(plot) && !isEndedByReset(plot);
const breaksLater = (plot: Plot): boolean => isBroken(plot) && !isHeld(plot) && !hasAll(plot);

/** Whether a break comes later, and there is an endpoint that could go on. */
const mayGoOn = (plot: Plot): boolean => breaksLater(plot) && plot.resume !== 'off' && plot.other === 'good';

/** Whether the head or a chunk says another length than the other endpoint's. */
const isWrongLength = ({ fault }: Plot): boolean => fault.startsWith('announces');

/** Whether the head says another length than the other endpoint's. */
const hasWrongLength = (plot: Plot): boolean => isWrongLength(plot) && hasLength(plot);

/** Whether bytes came that are none of the body: a chunk that is shorter than it says takes what follows for its own. */
const hasGarbage = (plot: Plot): boolean => plot.fault === 'announces more' && isChunked(plot);

/** Whether the rest could be asked for by its range. */
const isRanged = (plot: Plot): boolean => hasLength(plot) && plot.validator === 'strong ETag';

const isSameSoFar = (plot: Plot): boolean => !hasWrongLength(plot) && !hasGarbage(plot);

/** The expected outcomes, one for every cell. */
export const rules: readonly Rule[] = [
  { outcome: 'whole', why: 'nothing goes wrong', isFor: ({ fault }) => fault === 'none' },
  {
    outcome: 'cut unseen',
    why: 'a body that ends with its connection is whole at FIN: nobody can tell',
    isFor: (plot) => isUnseen(plot) && plot.fault === 'FIN',
  },
  {
    outcome: 'cut unseen',
    why: 'over HTTP/1.1 the length decides where the message ends (RFC 9112 6.3): what follows is no part of it',
    isFor: (plot) => isUnseen(plot) && plot.fault === 'announces less',
  },
  {
    outcome: 'whole',
    why: 'it broke while it was held, so that nobody had seen a byte of it, and the other endpoint answered',
    isFor: (plot) => breaksInHold(plot) && plot.other === 'good' && plot.strategy !== 'single',
  },
  {
    outcome: 'error',
    why: '`single` asks nobody else once an endpoint has the request; what broke while it was held is no answer',
    isFor: (plot) => breaksInHold(plot) && plot.strategy === 'single',
  },
  {
    outcome: 'error',
    why: 'every answer broke while it was held: no byte of any has gone out',
    isFor: (plot) => breaksInHold(plot) && plot.other === 'broken' && plot.strategy !== 'single',
  },
  {
    outcome: 'whole',
    why: 'the client has all that was announced, and nothing but the end of the stream is missing',
    isFor: (plot) => hasAll(plot) && !isHeld(plot),
  },
  {
    outcome: 'whole',
    why: 'a stream may be reset without an error in place of being ended, when all that was announced has come',
    isFor: (plot) => isEndedByReset(plot) && isHeld(plot),
  },
  {
    outcome: 'broken',
    why: 'the client has a part, and nobody is asked for the rest',
    isFor: (plot) => breaksLater(plot) && plot.resume === 'off' && !hasGarbage(plot),
  },
  {
    outcome: 'broken',
    why: 'the client has a part, and nobody has the rest',
    isFor: (plot) => breaksLater(plot) && plot.resume !== 'off' && plot.other === 'broken' && !hasGarbage(plot),
  },
  {
    outcome: 'broken behind garbage',
    why: 'the client has bytes that no other endpoint has, so that nothing may follow them',
    isFor: (plot) => breaksLater(plot) && hasGarbage(plot),
  },
  {
    outcome: 'broken',
    why: 'the client was told a length that no other endpoint has',
    isFor: (plot) => mayGoOn(plot) && hasWrongLength(plot),
  },
  {
    outcome: 'resumed by range',
    why: 'a strong ETag says that all have the same bytes, and the length says which ones are missing',
    isFor: (plot) => mayGoOn(plot) && plot.resume === 'range' && isSameSoFar(plot) && isRanged(plot),
  },
  {
    outcome: 'broken',
    why: 'without a strong ETag or a length nothing says that the rest from elsewhere would fit, and `range` compares nothing',
    isFor: (plot) => mayGoOn(plot) && plot.resume === 'range' && isSameSoFar(plot) && !isRanged(plot),
  },
  {
    outcome: 'resumed by replay',
    why: 'what the client has is the same as the beginning of the answer that the other endpoint gives',
    isFor: (plot) => mayGoOn(plot) && plot.resume === 'replay' && isSameSoFar(plot),
  },
];
