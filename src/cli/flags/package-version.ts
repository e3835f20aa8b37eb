import { readFileSync } from 'node:fs';

/** The version of the package. */
export function packageVersion(): string {
  // Three levels up both from src/cli/flags and from dist/cli/flags.
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return version;
}
