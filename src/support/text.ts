/** A URL, or the target of a request, without its query. */
export function withoutQuery(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/**
 * A text for one line of a log, with control characters written as `\u001b`: by its URL a client could otherwise add lines of its own,
 * or move the cursor of whoever reads the log.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
