import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { chance } from '../fuzz/seed.ts';
import { hanging } from '../helpers/servers.ts';

/** Draws one of these by its weight. */
export function draw<Name extends string>(weights: Readonly<Record<Name, number>>, chosen: number): Name {
  const entries = Object.entries(weights) as Array<[Name, number]>;
  let left = chosen * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const found = entries.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return (found ?? entries[0] ?? ['' as Name])[0];
}

/** What an endpoint does to one request. */
export type Fault = keyof typeof faultWeights;

const faultWeights = {
  none: 40,
  slow: 8,
  'error 500': 12,
  'reset before the head': 8,
  'reset in the body': 10,
  garbage: 6,
  'half a head': 3,
  hang: 5,
};

export function faultOf(path: string, endpoint: number): Fault {
  return draw(faultWeights, chance('fault', path, endpoint));
}

/** How a body goes out. */
export type Shape = 'small' | 'large' | 'chunked';

export function shapeOf(path: string): Shape {
  return draw({ small: 80, large: 10, chunked: 10 }, chance('shape', path));
}

/** The body that every healthy endpoint sends: it follows from the request's path and body. */
export function bodyOf(path: string, requestBody = ''): Buffer {
  const most = shapeOf(path) === 'large' ? 200_000 : 20_000;
  const least = shapeOf(path) === 'large' ? 70_000 : 0;
  const bytes = least + Math.floor(chance('length', path) * (most - least));
  const pattern = createHash('sha256').update(path).update(requestBody).digest();
  return Buffer.alloc(bytes, pattern);
}

/** The body of an endpoint's own error. */
export function errorOf(path: string, endpoint: number): string {
  return `endpoint ${endpoint} cannot answer ${path}`;
}

/** An endpoint that treats every request as the seed wants it. */
export function faultyEndpoint(endpoint: number): RequestListener {
  return async (req, res) => {
    const path = req.url ?? '';
    const fault = faultOf(path, endpoint);
    res.on('error', () => {});
    try {
      const requestBody = await readText(req);
      if (fault === 'slow') setTimeout(() => answer(res, path, requestBody), 20 * chance('delay', path, endpoint));
      else if (fault === 'none') answer(res, path, requestBody);
      else misbehave[fault]({ req, res, path, endpoint, body: bodyOf(path, requestBody) });
    } catch {
      // The proxy has cancelled the request within its body.
    }
  };
}

async function readText(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
}

function answer(res: ServerResponse, path: string, requestBody: string): void {
  writeHead(res, path);
  res.end(bodyOf(path, requestBody));
}

function writeHead(res: ServerResponse, path: string): void {
  if (shapeOf(path) === 'chunked') res.writeHead(200).flushHeaders();
  else res.writeHead(200, { 'Content-Length': bodyOf(path).length });
}

interface Misdeed {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  readonly endpoint: number;
  readonly body: Buffer;
}

const misbehave: Readonly<Record<Exclude<Fault, 'none' | 'slow'>, (misdeed: Misdeed) => void>> = {
  'error 500': ({ res, path, endpoint }) => void res.writeHead(500).end(errorOf(path, endpoint)),
  'reset before the head': ({ res }) => void res.socket?.resetAndDestroy(),
  'reset in the body': ({ res, path, body }) => {
    writeHead(res, path);
    res.write(body.subarray(0, body.length / 2), () => res.socket?.resetAndDestroy());
  },
  garbage: ({ res }) => void res.socket?.end('SSH-2.0-OpenSSH_9.9\r\n\r\n'),
  'half a head': ({ res }) => void res.socket?.end('HTTP/1.1 200 OK\r\nContent-Le'),
  hang: ({ req, res }) => hanging(req, res),
};
