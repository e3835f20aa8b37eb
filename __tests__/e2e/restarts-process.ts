import { writeSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { later } from '../helpers/late.ts';

// An endpoint that can be stopped and killed. Its argument is the port, or 0. It writes `port 8080`, and then `seen 7` for each request
// with `X-Number: 7` that has come whole. With SIGTERM it finishes what is under way.

const tell = (line: string): void => void writeSync(1, `${line}\n`);
let isEnding = false;

const server = http.createServer((req, res) => {
  req.resume().on('end', () => {
    tell(`seen ${req.headers['x-number']}`);
    later(5, () => {
      if (isEnding) res.setHeader('Connection', 'close');
      res.end('well');
    });
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => tell(`port ${(server.address() as AddressInfo).port}`));
process.on('SIGTERM', () => {
  isEnding = true;
  server.close(() => process.exit());
});
// Whoever has started it is gone.
process.stdin.resume().on('end', () => process.exit());
