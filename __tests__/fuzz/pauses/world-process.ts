import http from 'node:http';
import net, { type AddressInfo, type Server } from 'node:net';
import { trace } from '@opentelemetry/api';
import compression from 'compression';
import express from 'express';
import { type BalancingProxyOptions, createBalancingProxy, gotTransport } from '../../../src/index.ts';
import { createDashboard } from '../../../src/observers/dashboard/dashboard.ts';
import { createMetrics } from '../../../src/observers/metrics/metrics.ts';
import { traceAttempts } from '../../../src/observers/tracing/opentelemetry.ts';
import { undiciTransport } from '../../../src/transports/undici.ts';
import { MainThread } from './main-thread.ts';
import type { Frame, Input, Outcome } from './world.ts';

// A process of its own in which raw bytes go from a client through a proxy to an endpoint and back, and which says for how
// long they have stopped it. Its argument is the transport; it is told inputs and answers with outcomes.

const mainThread = new MainThread();
let answer = '';

/** An endpoint that answers whatever comes with these bytes, and ends. */
const endpoint = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy()).on('end', () => socket.end());
  socket.once('data', () => socket.resume().end(answer, 'latin1'));
});

const quick = { connectMs: 1_000, responseMs: 500, idleMs: 500, totalMs: 1_000 };

function optionsFor(url: string): BalancingProxyOptions {
  const transport = process.argv[2] === 'undici' ? undiciTransport() : gotTransport();
  return { endpoints: [url], transport, timeouts: quick, ejection: false };
}

/** Everything that looks at what was sent. */
function lookingOptionsFor(url: string): BalancingProxyOptions {
  return {
    ...optionsFor(url),
    endpoints: ({ headers }) => [String(headers['x-endpoint'] ?? headers['x-wrong-endpoint'] ?? url)],
    isUsable: async (response) => (await response.body()).length < 10_000_000 && response.headers['x-bad'] !== 'yes',
    preferStatuses: '200,300',
    preferGraceMs: 1,
    strategy: 'failover',
    largeBody: 'stream',
    bodyLimitBytes: 1_000,
    pathRewrite: (path) => `${path}${path.includes('?') ? '&' : '?'}more`,
    preserveHost: true,
    rewriteRequest: (headers) => ({ 'X-Size': String(Object.keys(headers).length) }),
    rewriteResponse: (headers) => ({ 'X-Size': String(Object.keys(headers).length) }),
    trustForwarded: true,
    exposeEndpoint: true,
    logger: { info() {}, warn() {} },
    logQuery: true,
  };
}

function bare(url: string): http.Server {
  const proxy = createBalancingProxy(optionsFor(url));
  return http.createServer(proxy).on('upgrade', proxy.upgrade);
}

function looking(url: string): http.Server {
  const proxy = createBalancingProxy(lookingOptionsFor(url));
  const metrics = createMetrics();
  metrics.observe(proxy);
  traceAttempts(proxy, { tracerProvider: trace, urlQuery: true });
  const dashboard = createDashboard(proxy, { allowActions: true });
  return http.createServer((req, res) => dashboard(req, res, () => proxy(req, res))).on('upgrade', proxy.upgrade);
}

/** Behind everything that reads a request first. */
function parsing(url: string): http.Server {
  const parsers = [
    express.json({ strict: false }),
    express.urlencoded(),
    express.text({ type: 'text/*' }),
    express.raw(),
  ];
  const app = express()
    .set('trust proxy', true)
    .use(compression(), ...parsers, createBalancingProxy(optionsFor(url)));
  app.use(((error, _req, res, _next) => void res.status(error.status ?? 500).end()) as express.ErrorRequestHandler);
  return http.createServer(app);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** So long the proxy may be silent before its answer, and within it. */
const patienceMs = { before: 150, within: 30 };

/** Sends bytes and waits until the connection is closed, or until nothing more is to be expected. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let status = '';
    socket.setTimeout(patienceMs.before, () => socket.destroy());
    socket.on('data', (chunk) => {
      socket.setTimeout(patienceMs.within);
      status ||= chunk.toString('latin1', 0, 12);
    });
    socket.on('error', () => {}).on('close', () => resolve(status));
    socket.write(request, 'latin1');
  });
}

const url = `http://127.0.0.1:${await listen(endpoint)}`;
const ports: Readonly<Record<Frame, number>> = {
  bare: await listen(bare(url)),
  looking: await listen(looking(url)),
  parsing: await listen(parsing(url)),
};

async function run(input: Input): Promise<Outcome> {
  answer = input.answer;
  mainThread.forget();
  const status = await exchange(ports[input.frame], input.request);
  return { status, pauseMs: await mainThread.maxMs() };
}

process.on('message', async (input: Input) => process.send?.(await run(input)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
