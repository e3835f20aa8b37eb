import 'reflect-metadata';
import type { Server } from 'node:http';
import { Controller, Get, type MiddlewareConsumer, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import type { NextFunction, Request, Response } from 'express';

/** NestJS on Express, with all under `/api` and `/module` raced over the endpoints. Nest's exception filters answer errors. */
export async function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy<Request>({ endpoints });

  // `@Controller()` and `@Get()`, written without decorators, which Node does not run.
  class AppController {
    own() {
      return 'the app';
    }
  }
  Get()(AppController.prototype, 'own', Object.getOwnPropertyDescriptor(AppController.prototype, 'own') ?? {});
  Controller()(AppController);

  /** Nest takes the whole path off, not only the prefix: what the client asked for is in `originalUrl`. */
  function underModule(req: Request, res: Response, next: NextFunction) {
    req.url = req.originalUrl.slice('/module'.length);
    proxy(req, res, next);
  }
  class AppModule {
    configure(consumer: MiddlewareConsumer) {
      consumer.apply(underModule).forRoutes('/module/*path');
    }
  }
  Module({ controllers: [AppController] })(AppModule);

  // Nest's body parsers would come before functional middleware, and leave it only what they parsed.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { bodyParser: false, logger: false });
  app.use('/api', proxy);
  await app.init();

  const server: Server = app.getHttpServer();
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) (await createServer()).listen(8080);
