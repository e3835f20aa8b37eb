import { type Http2Server, startListening } from './http2-server.ts';

const port = 8_443;

/** nghttp2's own server. */
export const nghttpd: Http2Server = {
  name: 'nghttpd',
  program: 'nghttpd',
  abilities: ['uploads'],
  start: (place) => {
    const { host, site } = place;
    const flags = ['--echo-upload', '--address', host, '--htdocs', site.publicFolder];
    return startListening(place, port, ['nghttpd', ...flags, String(port), site.keyFile, site.certFile]);
  },
};
