import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';

/** Lists of packages are written anew every few hours, and each list fits to the others of its mirror. */
const isList = (path: string) => /\/(dists|repodata|simple)\//.test(path);

/** A proxy for mirrors of the same files: a file comes from whoever has it, and goes on elsewhere when its mirror breaks off. */
export function createMirrorProxy(endpoints = ['https://one.example/debian', 'https://two.example/debian']) {
  return createBalancingProxy({
    endpoints,
    // Lists come from the first mirror that is up, so that one run of a client sees one state.
    strategy: (req) => (isList(req.url ?? '') ? 'failover' : 'hedge'),
    // A 404 says that this mirror does not have the file, or not yet. It waits for a better answer, at most so long.
    preferStatuses: '200,300',
    preferGraceMs: 5_000,
    // A mirror that falls silent has broken off.
    timeouts: { responseMs: 10_000, idleMs: 10_000 },
  });
}

if (process.argv[1] === import.meta.filename) http.createServer(createMirrorProxy()).listen(8080);
