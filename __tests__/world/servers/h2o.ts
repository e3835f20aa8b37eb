import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Http2Server, originPort, startListening } from './http2-server.ts';

const port = 8_444;

export const h2o: Http2Server = {
  name: 'h2o',
  program: 'h2o',
  abilities: ['uploads', 'events', 'no content'],
  start: (place) => {
    const { site, host } = place;
    const configFile = path.join(site.folder, 'h2o.conf');
    const origin = `http://127.0.0.1:${originPort}`;
    writeFileSync(
      configFile,
      `user: root
num-threads: 1
listen:
  host: ${host}
  port: ${port}
  ssl:
    certificate-file: ${site.certFile}
    key-file: ${site.keyFile}
hosts:
  default:
    paths:
      /bytes:
        file.dir: ${site.publicFolder}/bytes
${['echo', 'events', 'none'].map((kind) => `      /${kind}:\n        proxy.reverse.url: ${origin}/${kind}`).join('\n')}
`,
    );
    return startListening(place, port, ['h2o', '-c', configFile]);
  },
};
