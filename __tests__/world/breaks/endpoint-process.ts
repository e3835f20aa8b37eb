import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf, digestOf } from '../../helpers/random-bodies.ts';

// An endpoint that sends its answers in pieces, so that it is in the middle of some whenever it is killed. The path says how
// a body is framed and how long it is: `/length/N/ID`, `/trailers/N/ID`, and `/close/N/ID` for one that ends with the
// connection.

export interface BreakingSettings {
  readonly host: string;
  readonly port: number;
}

const { host, port }: BreakingSettings = JSON.parse(process.argv[2] ?? '{}');

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, framing = '', count = '0'] = (req.url ?? '').split('/');
  const body = bodyOf(Number(count), req.url);
  frame(res, framing, body.length);
  // To the same request every endpoint answers in its own time.
  const [head = 0, parts = 0, gap = 0] = createHash('sha256').update(`${req.url} ${port}`).digest();
  const partCount = 1 + (parts % 4);
  await pause(head / 8);
  for (let part = 0; part < partCount; part++) {
    if (part > 0) await pause(gap / 16);
    res.write(body.subarray((part * body.length) / partCount, ((part + 1) * body.length) / partCount));
  }
  if (framing === 'trailers') res.addTrailers({ 'X-Sum': digestOf(body) });
  res.end();
}

function frame(res: ServerResponse, framing: string, bytes: number): void {
  if (framing === 'length') res.setHeader('Content-Length', bytes);
  else if (framing === 'trailers') res.setHeader('Trailer', 'X-Sum');
  else {
    res.removeHeader('Transfer-Encoding');
    res.shouldKeepAlive = false;
  }
}

const server = http.createServer({ keepAliveTimeout: 0 }, (req, res) => {
  // The proxy may be gone.
  res.on('error', () => {});
  void answer(req, res);
});
server.listen(port, host, () => process.send?.('listening'));
process.on('disconnect', () => process.exit());
