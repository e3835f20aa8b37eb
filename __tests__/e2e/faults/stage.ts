import http, { type RequestListener } from 'node:http';
import http2 from 'node:http2';
import {
  type BalancingProxy,
  createBalancingProxy,
  gotTransport,
  nodeTransport,
  type RequestEnded,
  type Transport,
} from '../../../src/index.ts';
import { pause } from '../../../src/support/timer.ts';
import { testCertificate } from '../../../src/testing/testing.ts';
import { undiciTransport } from '../../../src/transports/undici.ts';
import { inTime } from '../../helpers/deadline.ts';
import { Resources } from '../../helpers/proxy.ts';
import type { TestServer } from '../../helpers/servers.ts';
import { type Cell, hasLength, isClosed, isHttp2, sentBytes } from './cell.ts';
import { askAs, type Seen } from './clients.ts';
import { startHttp1Endpoint } from './http1-endpoint.ts';
import { startHttp2Endpoint } from './http2-endpoint.ts';
import { isHeld, isUnseen } from './rules.ts';
import { type Play, Scene } from './scene.ts';

/** A scene that is over. */
export interface Played {
  readonly scene: Scene;
  readonly seen: Seen;
  /** What the proxy says of it. */
  readonly ended: RequestEnded;
}

const transports: Readonly<Record<Cell['transport'], (options: { readonly http2: boolean }) => Transport>> = {
  got: gotTransport,
  undici: undiciTransport,
  node: nodeTransport,
};

/** What a proxy needs to know of a cell; cells that are alike in this share one. */
function laneOf(cell: Cell): string {
  const { strategy, transport, resume, hold, fault } = cell;
  return [strategy, transport, resume, hold, fault === 'silence', isHttp2(cell)].join(' ');
}

/** Two endpoints of each protocol, the proxies before them and the servers before those. */
export class FaultStage {
  readonly #resources = new Resources();
  readonly #scenes = new Map<string, Scene>();
  readonly #proxies = new Map<string, BalancingProxy>();
  readonly #endings = new Map<string, (ended: RequestEnded) => void>();
  #endpoints: Readonly<Record<'http1' | 'http2', readonly TestServer[]>> = { http1: [], http2: [] };
  #ports = { http1: 0, http2: 0 };
  #count = 0;

  /** Starts the servers. */
  async open(): Promise<void> {
    const resources = this.#resources;
    const startPair = async (start: typeof startHttp1Endpoint) => [
      resources.use(await start('first', this.#play)),
      resources.use(await start('other', this.#play)),
    ];
    this.#endpoints = { http1: await startPair(startHttp1Endpoint), http2: await startPair(startHttp2Endpoint) };
    const serve: RequestListener = (req, res) => this.#proxies.get(String(req.headers['x-lane']))?.(req, res);
    const { port } = await resources.listen(http.createServer(serve));
    // The compatibility API is meant to be taken for node:http's; its types do not say so.
    const overHttp2 = await resources.listen(http2.createServer(serve as never));
    this.#ports = { http1: port, http2: overHttp2.port };
  }

  /** Plays one cell. Cells of one lane are played one after another, as a fault of a connection of HTTP/2 is one of all its streams. */
  async perform(cell: Cell): Promise<Played> {
    const scene = new Scene(cell, `/${this.#count++}`);
    const ended = Promise.withResolvers<RequestEnded>();
    this.#scenes.set(scene.path, scene);
    this.#endings.set(scene.path, ended.resolve);
    try {
      const lane = laneOf(cell);
      this.#proxyFor(cell, lane);
      const seen = await askAs(cell.client, {
        ports: this.#ports,
        path: scene.path,
        headers: { 'x-lane': lane, ...(scene.range !== undefined && { range: scene.range }) },
        onBytes: (bytes) => scene.clientHas(bytes),
      });
      return { scene, seen, ended: await inTime(ended.promise, 'the end of a request', () => cell) };
    } finally {
      this.#scenes.delete(scene.path);
      this.#endings.delete(scene.path);
    }
  }

  /** Plays many cells, some at a time. */
  async performAll(cells: readonly Cell[], take: (played: Played) => void): Promise<void> {
    const lanes = Map.groupBy(cells, laneOf).values();
    const work = async (): Promise<void> => {
      for (const lane of lanes) for (const cell of lane) take(await this.perform(cell));
    };
    await Promise.all(Array.from({ length: 6 }, work));
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close();
    await this.#resources.closeAll();
  }

  #proxyFor(cell: Cell, lane: string): void {
    if (this.#proxies.has(lane)) return;
    const isOverHttp2 = isHttp2(cell);
    const proxy = createBalancingProxy({
      endpoints: this.#endpoints[isOverHttp2 ? 'http2' : 'http1'].map(({ url }) => url),
      strategy: cell.strategy,
      order: 'given',
      hedge: { delayMs: 10 },
      resume: cell.resume,
      holdMs: cell.hold === 'not' ? 0 : Infinity,
      timeouts: { connectMs: 60_000, idleMs: cell.fault === 'silence' ? 100 : Infinity },
      transport: transports[cell.transport]({ http2: isOverHttp2 }),
      tls: { ca: testCertificate.cert },
    });
    proxy.subscribe((event) => {
      if (event.type === 'request-ended') this.#endings.get(event.url)?.(event);
    });
    this.#proxies.set(lane, proxy);
  }

  readonly #play: Play = async (path, ask, begin) => {
    const scene = this.#scenes.get(path);
    if (!scene) return;
    const { cell } = scene;
    scene.asks.push(ask);
    const isFirst = ask.role === 'first' && !scene.hasPlayed;
    if (ask.role === 'other' && cell.fault !== 'none') await scene.afterPlay();
    // What no party can see to be broken wins, unless another answer is faster.
    if (ask.role === 'other' && isUnseen(cell)) await scene.untilClientHas(0);
    const doFault = await begin(scene);
    // A reset takes back what was not read yet. Of a body with another length than announced the client may get less.
    const isCut = cell.fault !== 'none' && !(cell.fault.startsWith('announces') && hasLength(cell));
    if (isFirst && isCut && !isHeld(cell)) await scene.untilClientHas(sentBytes(cell));
    // Node 22 takes a reset for FIN that comes in one moment with bytes before it.
    if (cell.fault === 'RST' && isClosed(cell)) await pause(20);
    doFault();
    if (isFirst) scene.endPlay();
  };
}
