import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findVersion } from '../../../bench/processes/programs.ts';
import { type Http2Server, originPort, type ServerPlace, startListening } from './http2-server.ts';

/** @param keepAliveRequests after how many requests it ends a connection with GOAWAY; nginx's own default is 1,000. */
export function nginx(keepAliveRequests = 1_000): Http2Server {
  return {
    name: `nginx with ${keepAliveRequests} requests a connection`,
    program: 'nginx',
    abilities: ['uploads', 'events', 'no content'],
    start: (place) => {
      const port = 8_000 + (keepAliveRequests % 1_000);
      const configFile = path.join(place.site.folder, `nginx-${port}.conf`);
      writeFileSync(configFile, configOf(place, { port, keepAliveRequests }));
      return startListening(place, port, ['nginx', '-p', place.site.folder, '-e', 'stderr', '-c', configFile]);
    },
  };
}

/** One process, which no worker outlives. */
function configOf(
  { site: { folder, publicFolder, certFile, keyFile }, host }: ServerPlace,
  { port, keepAliveRequests }: { readonly port: number; readonly keepAliveRequests: number },
): string {
  const isNew = (findVersion('nginx') ?? '').localeCompare('1.25.1', undefined, { numeric: true }) >= 0;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/nginx-${port}.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 4m;
  keepalive_requests ${keepAliveRequests};
  ${temporary.map((kind) => `${kind}_temp_path ${folder}/nginx-${kind};`).join('\n  ')}
  root ${publicFolder};
  server {
    listen ${host}:${port} ssl${isNew ? '' : ' http2'};
    ${isNew ? 'http2 on;' : ''}
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    location /none { return 204; }
    location /echo { proxy_pass http://127.0.0.1:${originPort}; }
    location /events { proxy_pass http://127.0.0.1:${originPort}; }
  }
}
`;
}
