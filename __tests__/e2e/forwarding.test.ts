import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import express from 'express';
import supertest from 'supertest';
import { createCertificate } from '../../shared/certificate.ts';
import { createBalancingProxy } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** An endpoint that tells what it was asked. */
async function startTeller() {
  return await resources.start((req, res) => {
    const { url, headers, method } = req;
    answering(200, JSON.stringify({ method, url, headers }))(req, res);
  });
}

describe('where a request goes', () => {
  test('is behind the base path and query of the endpoint, without the mount prefix', async () => {
    const { url } = await startTeller();
    const app = express().use('/api', resources.use(createBalancingProxy({ endpoints: [`${url}/base/?key=1`] })));
    expect((await supertest(app).get('/api/users?x=2')).text).toContain('"url":"/base/users?key=1&x=2"');
  });

  test('may be an https endpoint with its own authority', async () => {
    const { cert, key } = await createCertificate();
    const server = https.createServer({ cert, key }, answering(200, 'secret')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    resources.use({ close: () => new Promise((resolve) => server.close(resolve)) });
    const endpoints = [`https://localhost:${(server.address() as AddressInfo).port}`];
    expect((await request((await resources.serve({ endpoints, tls: { ca: cert } })).url)).text).toBe('secret');
    expect((await request((await resources.serve({ endpoints })).url)).status).toBe(502);
  });

  test('carries the credentials of the URL as Authorization and shows them nowhere', async () => {
    const { url } = await startTeller();
    const served = await resources.serve({ endpoints: [url.replace('//', '//user:p%40ss@')], exposeEndpoint: true });
    const { text, headers } = await request(served.url, { headers: { Authorization: 'Bearer client' } });
    expect(JSON.parse(text).headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(headers['x-served-by']).toBe(url);
    expect(JSON.stringify([served.events, served.proxy.endpoints])).not.toContain('p%40ss');
  });
});

describe('a response without a body', () => {
  test.each<[string, number, RequestListener]>([
    ['HEAD', 200, answering(200, '', { 'Content-Length': 5 })],
    ['HEAD', 500, answering(500, '', { 'Content-Length': 5 })],
    ['GET', 204, (_, res) => void res.writeHead(204).end()],
    ['GET', 304, (_, res) => void res.writeHead(304, { ETag: '"1"' }).end()],
    ['GET', 200, answering(200, '')],
  ])('to %s with status %i is passed on, and the connection is used again', async (method, status, listener) => {
    const endpoint = await resources.start(listener);
    const served = await resources.serve({ endpoints: [endpoint.url] });
    for (let i = 0; i < 2; i++) expect((await request(served.url, { method })).status).toBe(status);
    expect(served.events.at(-1)).toMatchObject({ type: 'request-ended', error: undefined });
    expect(endpoint.accepted).toBe(1);
  });
});

describe('connections to the endpoints', () => {
  test('are kept and used again', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    for (let i = 0; i < 5; i++) await request(url);
    expect(endpoint.accepted).toBe(1);
  });

  const startForgetful = async () => {
    let asked = 0;
    const server = await resources.startTcp((socket) => {
      let onThisSocket = 0;
      socket.on('data', () => {
        asked++;
        if (++onThisSocket > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    return { url: server.url, asked: () => asked };
  };

  test.each(['GET', 'PUT'])('that were closed just as they were reused do not fail a %s', async (method) => {
    const endpoint = await startForgetful();
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    await request(url);
    expect((await request(url, { method, headers: { 'Content-Length': 0 } })).status).toBe(200);
  });

  test('that were closed just as they were reused do not make a POST go out twice', async () => {
    const endpoint = await startForgetful();
    const { url } = await resources.serve({ endpoints: [endpoint.url] });
    await request(url);
    expect((await request(url, { method: 'POST', headers: { 'Content-Length': 0 } })).status).toBe(502);
    expect(endpoint.asked()).toBe(2);
  });
});

describe('a request that has been here before', () => {
  test('is answered with 508 before anything is sent', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const { url } = await resources.serve({ endpoints: [endpoint.url], via: 'us' });
    expect((await request(url, { headers: { Via: '1.1 other, 1.1 us' } })).status).toBe(508);
    expect(endpoint.accepted).toBe(0);
  });
});

test('the packages that are mounted before keep their headers, and `Set-Cookie` adds up', async () => {
  const endpoint = await resources.start(answering(200, 'ok', { 'Set-Cookie': ['a=1', 'b=2'], 'X-Both': 'endpoint' }));
  const app = express()
    .use((_, res, next) => {
      res.setHeader('X-Mine', 'kept');
      res.setHeader('X-Both', 'app');
      res.setHeader('Set-Cookie', 'app=0');
      next();
    })
    .use(resources.use(createBalancingProxy({ endpoints: [endpoint.url] })));
  const { headers } = await supertest(app).get('/');
  expect(headers).toMatchObject({ 'x-mine': 'kept', 'x-both': 'endpoint', 'set-cookie': ['app=0', 'a=1', 'b=2'] });
});
