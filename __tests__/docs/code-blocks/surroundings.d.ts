import type { IncomingMessage, Server } from 'node:http';
import type { BalancingProxy, createBalancingProxy as create } from 'balancing-reverse-proxy';
import type express4or5 from 'express';

/** What the code of the pages takes as given. */
declare global {
  const express: typeof express4or5;
  const app: express4or5.Express;
  const server: Server;
  const endpoints: string[];
  const proxy: BalancingProxy;
  const createBalancingProxy: typeof create;

  /** A login of the reader's own. */
  const requireLogin: express4or5.RequestHandler;
  function mayComeIn(req: IncomingMessage): boolean;
  namespace Express {
    interface Request {
      session?: { readonly user?: string };
    }
  }
}
