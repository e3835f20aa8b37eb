import { createBalancingProxy, type InspectedResponse } from 'balancing-reverse-proxy';
import express, { type Request, type RequestHandler } from 'express';

const carried = ['content-type', 'content-encoding', 'etag', 'last-modified', 'cache-control', 'vary'] as const;

/** By what answers are told apart; undefined for a request whose answer is nobody else's, or no whole one. */
function keyOf({ method, originalUrl, headers }: Pick<Request, 'method' | 'originalUrl' | 'headers'>) {
  if (method !== 'GET' || headers.authorization || headers.cookie || headers.range) return undefined;
  return `${headers['accept-encoding']} ${originalUrl}`;
}

/** For how long others may be given a response, in milliseconds. */
function freshMsOf({ status, headers }: InspectedResponse): number {
  const { 'cache-control': control = '', vary = 'accept-encoding' } = headers;
  const isOfOne =
    /private|no-store|no-cache/i.test(control) || headers['set-cookie'] || !/^accept-encoding$/i.test(vary);
  return status !== 200 || isOfOne ? 0 : 1_000 * Number(/max-age=(\d+)/i.exec(control)?.[1] ?? 0);
}

/** A proxy that gives what it has kept while that is fresh, and for `staleMs` longer when no endpoint is of help. */
export function createCachedProxy(endpoints = ['https://one.example', 'https://two.example'], staleMs = 86_400_000) {
  const kept = new Map<string, { headers: InspectedResponse['headers']; body: Buffer; at: number; freshMs: number }>();
  const proxy = createBalancingProxy({
    endpoints,
    strategy: 'failover',
    fallthrough: true,
    timeouts: { totalMs: 5_000 },
    isUsable: async (response, { req }) => {
      const [key, freshMs] = [keyOf(req as Request), freshMsOf(response)];
      if (key === undefined || freshMs === 0) return true;
      const body = await response.body();
      if (!response.isWhole) return true;
      kept.delete(key);
      kept.set(key, { headers: response.headers, body, at: Date.now(), freshMs });
      // The oldest one goes: a thousand answers of 64 KiB at most.
      for (const oldest of kept.keys()) if (kept.size > 1_000) kept.delete(oldest);
      return true;
    },
  });
  const give =
    (longerMs: number): RequestHandler =>
    (req, res, next) => {
      const found = kept.get(keyOf(req) ?? '');
      const ageMs = Date.now() - (found?.at ?? 0);
      if (!found || ageMs >= found.freshMs + longerMs) return next();
      for (const name of carried) if (found.headers[name]) res.set(name, found.headers[name]);
      res.set('Age', `${Math.floor(ageMs / 1_000)}`).send(found.body);
    };
  return express().use(
    give(0),
    proxy,
    give(staleMs),
    (_req, res) => void res.status(503).set('Retry-After', '1').end(),
  );
}

if (process.argv[1] === import.meta.filename) createCachedProxy().listen(8080);
