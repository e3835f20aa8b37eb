import {
  address,
  boolean,
  fileMode,
  hostNames,
  optionalAddress,
  patience,
  string,
  workerCount,
} from '../kinds/flag-kinds.ts';

/** Where and to whom the command serves, and by how many processes. */
export const serving = {
  address: address(
    ':8080',
    'address to listen on; without a host all interfaces, with port 0 a free port; unix:/run/app.sock is a Unix socket',
    { isOriginal: true },
  ),
  'socket-mode': fileMode('', 'permissions of Unix sockets, such as 660; those that the umask leaves if empty'),
  'tls-cert': string('', 'PEM file with the certificate to show to clients, who then speak https; with -tls-key'),
  'tls-key': string('', 'PEM file with the private key of -tls-cert'),
  'http2-clients': boolean(
    'true',
    'with -tls-cert, speak HTTP/2 with clients that offer it, and HTTP/1.1 with all others',
  ),
  workers: workerCount('1', 'processes that share the work; auto is one for each core'),
  'worker-timeout': patience(
    '10s',
    'time, from 1s, after which a worker that hangs is ended, and replaced; 0 is never, as for a debugger',
  ),
  config: string(
    '',
    'file with the options of the library, .json, .yaml or .yml, read again on SIGHUP; YAML takes npm install yaml',
  ),
  admin: optionalAddress(
    '',
    'address for /healthz, /readyz, /metrics (npm install prom-client) and /dashboard/; never for the public',
  ),
  'admin-actions': boolean('false', 'let the dashboard, and POST to /endpoints/, drain and restore endpoints'),
  'admin-hosts': hostNames(
    '',
    'comma-separated names under which -admin may be asked, .example.com for all below it, * for any; IP addresses, names ' +
      'of private networks and that of this machine are known',
  ),
};
