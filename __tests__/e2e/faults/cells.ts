import {
  type faults as allFaults,
  type Break,
  faults,
  forms,
  hasLength,
  holds,
  isChunked,
  isClosed,
  isHttp2,
  isPartial,
  lengths,
  others,
  type Plot,
  places,
  resumes,
  type Surroundings,
  strategies,
  validators,
} from './cell.ts';

const onlyHttp2: ReadonlySet<string> = new Set<(typeof allFaults)[number]>([
  'RST_STREAM(NO_ERROR)',
  'RST_STREAM(INTERNAL_ERROR)',
  'GOAWAY and FIN',
]);

/** Whether a fault can be at this place of such a message. */
function isPossible(cell: Break): boolean {
  const { form, bytes, fault } = cell;
  // No gzip is that short.
  if (form === 'gzip chunked' && bytes === 1) return false;
  if (onlyHttp2.has(fault) && !isHttp2(cell)) return false;
  return isPlaceOfFault(cell) && isPlaceInBody(cell);
}

function isPlaceOfFault(cell: Break): boolean {
  const { bytes, fault, place } = cell;
  const isWrongLength = fault.startsWith('announces');
  if ((place === 'nowhere') !== (fault === 'none' || isWrongLength)) return false;
  if (isWrongLength) return bytes > 1 && !isPartial(cell) && (hasLength(cell) || isChunked(cell));
  if (fault !== 'garbage for a chunk header') return true;
  return isChunked(cell) && /^(before the first|between|in the mark)/.test(place);
}

function isPlaceInBody(cell: Break): boolean {
  const { form, bytes, fault, place } = cell;
  if (place === 'in the gzip trailer') return form === 'gzip chunked';
  if (place === 'between chunks') return bytes > 1 && (isChunked(cell) || isHttp2(cell));
  // The end of a body with a length is its last byte, but over HTTP/2; of one that is closed at the end it is FIN.
  if (place === 'in the mark of the end') {
    return (isHttp2(cell) || !hasLength(cell)) && !(isClosed(cell) && fault === 'FIN');
  }
  return bytes > 1 || place === 'nowhere' || place === 'before the first byte';
}

/** What endpoints send, in every way that there is. */
function everyBreak(): readonly Break[] {
  return product<Break>({ form: forms, bytes: lengths, fault: faults, place: places }).filter(isPossible);
}

/** What of the surroundings an outcome depends on. */
const everySetting = product<Omit<Surroundings, 'transport' | 'client'>>({
  strategy: strategies,
  resume: resumes,
  validator: validators,
  hold: holds,
  other: others,
});

/** Every cell, less what its outcome does not depend on. */
export function everyCell(): readonly Plot[] {
  return everyBreak().flatMap((broken) => everySetting.map((setting) => ({ ...broken, ...setting })).filter(isMeant));
}

/** Whether a cell tells more than another one does. */
function isMeant(cell: Plot): boolean {
  // The client asks for a part itself.
  if (isPartial(cell) && cell.validator === 'strong ETag, no ranges') return false;
  return cell.hold === 'to its bytes' || !hasLength(cell);
}

/** Every combination of the values of each field. */
function product<T>(fields: { readonly [Name in keyof T]: ReadonlyArray<T[Name]> }): readonly T[] {
  return Object.entries<readonly unknown[]>(fields).reduce<readonly object[]>(
    (made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as readonly T[];
}
