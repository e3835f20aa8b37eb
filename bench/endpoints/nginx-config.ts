import { smallAnswer } from './small-answer.ts';

/** The folders, ports and version on which the configuration depends. */
export interface NginxSettings {
  /** For temporary files. */
  readonly folder: string;
  readonly publicFolder: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly ports: readonly number[];
  readonly tlsPorts: readonly number[];
  /** Where nginx tells how many connections it has accepted. */
  readonly statusPort: number;
  /** Such as `1.22.1`: newer ones switch HTTP/2 on in another way. */
  readonly version: string;
}

/** One process that serves all endpoints, keeps every connection and logs nothing. */
export function nginxConfigOf(settings: NginxSettings): string {
  const { folder, publicFolder, ports, statusPort } = settings;
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  default_type text/plain;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  ${temporaryPaths(folder)}
  root ${publicFolder};
  server {
    ${ports.map((port) => `listen 127.0.0.1:${port};`).join('\n    ')}
    location = / { return 200 '${smallAnswer}'; }
  }
  ${tlsServer(settings)}
  server {
    listen 127.0.0.1:${statusPort};
    location / { stub_status; }
  }
}
`;
}

function tlsServer({ tlsPorts, certFile, keyFile, version }: NginxSettings): string {
  const isNew = hasHttp2Directive(version);
  const flags = isNew ? 'ssl' : 'ssl http2';
  return `server {
    ${tlsPorts.map((port) => `listen 127.0.0.1:${port} ${flags};`).join('\n    ')}
    ${isNew ? 'http2 on;' : ''}
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    location = / { return 200 '${smallAnswer}'; }
  }`;
}

/** nginx 1.25.1 made `http2` a directive of its own and deprecated it in `listen`. */
function hasHttp2Directive(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_025_001;
}

/** Puts temporary files into the folder: by default nginx has them in folders that belong to root. */
function temporaryPaths(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ');
}
