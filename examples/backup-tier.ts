import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';

/** A primary, and a backup that gets no request while the primary answers. */
export function createPrimaryWithBackup(
  primary = 'https://primary.example',
  backup = 'https://backup.example',
  { patienceMs = 2_000 } = {},
) {
  return createBalancingProxy({
    endpoints: [primary, { url: backup, tier: 1 }],
    // A primary that says "too many requests" is no help either.
    terminalStatuses: '!429',
    // Without this, a primary that hangs is waited for until `timeouts.responseMs`, 30 s.
    tierDelayMs: patienceMs,
    // A POST goes to the backup only if it surely never reached the primary.
    unsafeMethods: 'single',
  });
}

if (process.argv[1] === import.meta.filename) http.createServer(createPrimaryWithBackup()).listen(8080);
