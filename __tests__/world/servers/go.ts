import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { type Http2Server, startListening } from './http2-server.ts';

const port = 8_446;

/** Go's net/http. */
export const goServer: Http2Server = {
  name: "Go's net/http",
  program: 'go',
  abilities: ['uploads', 'events', 'no content', 'trailers'],
  start: (place) => {
    const { site, host } = place;
    const program = path.join(site.folder, 'go-server');
    execFileSync('go', ['build', '-o', program, path.join(import.meta.dirname, 'server.go')], { stdio: 'pipe' });
    const args = [`${host}:${port}`, site.certFile, site.keyFile, site.publicFolder];
    return startListening(place, port, [program, ...args]);
  },
};
