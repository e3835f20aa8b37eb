import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** An error of the system, with the parts that errors of connections have. */
type SystemError = Error & { readonly code?: unknown; readonly port?: unknown };

/** Codes of errors that say that this process or host has no file descriptor, port or memory left for a connection. */
const shortages: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'EADDRNOTAVAIL',
  'ENOBUFS',
  'ENOMEM',
  'EAI_MEMORY',
]);

/** Whether an error says that this process or host lacks something, so that it says nothing of who was to be connected to. */
export function isShortage({ code, port }: SystemError): boolean {
  // Of a Unix socket, which has no port, it says that the endpoint's queue of connections is full.
  if (code === 'EAGAIN') return port !== undefined;
  return shortages.has(String(code));
}

/** The most file descriptors that a lookup of a name has open at a time: its files, and a socket for each DNS server. */
const forLookup = 4;

/** Whether the file descriptors of this process, or of this host, are used up to the last few. */
export function lacksDescriptors(): boolean {
  const open: number[] = [];
  try {
    while (open.length < forLookup) open.push(openSync(devNull, 'r'));
    return false;
  } catch (error) {
    return isShortage(error as SystemError);
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}
