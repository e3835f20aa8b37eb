import { type HeaderList, valuesOf } from './headers.ts';

/** The media type of a `Content-Type`, in lower case and without parameters, which servers write in different ways. */
export function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** The content codings of a body in lower case, separated by commas; empty when there is none but `identity`. */
export function contentCodingsOf(headers: HeaderList): string {
  const codings = valuesOf(headers, 'content-encoding').join(',').toLowerCase().split(',');
  return codings
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .join();
}
