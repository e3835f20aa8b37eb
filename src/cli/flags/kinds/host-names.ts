/** A name, all names below another one, or all names; an empty text stands for none. */
const pattern = /^(?:\*|\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/;

/**
 * Reads comma-separated host names, in lower case: `proxy.example.com`, `.example.com` for all names below it, or `*`.
 * @returns undefined when one of them is none.
 */
export function parseHostNames(text: string): readonly string[] | undefined {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  return names.every((name) => pattern.test(name)) ? names : undefined;
}

/** Whether a name is one of those that were read: itself, below one that begins with a dot, or any for `*`. */
export function isAmong(names: readonly string[], name: string): boolean {
  return names.some((one) => one === '*' || one === name || (one.startsWith('.') && name.endsWith(one)));
}
