/** A URL, or the target of a request, less its query. */
export function withoutQuery(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/**
 * A text for one line of a log, its control characters such as `\u001b`: a client could otherwise make lines of its own by its
 * URL, or move the cursor of whoever reads the log.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (control) => {
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
