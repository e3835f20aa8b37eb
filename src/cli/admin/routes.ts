import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { messageOf } from '../../errors.ts';
import type { createDashboard } from '../../observers/dashboard/dashboard.ts';
import { withoutQuery } from '../../support/text.ts';
import type { Log } from '../log/log.ts';
import type { LoadedMetrics } from '../serve/metrics.ts';
import type { Service } from '../serve/service.ts';

interface RouteSettings {
  readonly metrics: LoadedMetrics;
  /** Whether the dashboard may change anything. */
  readonly allowActions: boolean;
  readonly log: Log;
}

/** The path that the dashboard is mounted on. */
const dashboardPath = '/dashboard';

/** Answers the requests to the admin port. An error here is logged and harms no request to the proxy. */
export class AdminRoutes {
  readonly #settings: RouteSettings;
  #service: Service | undefined;
  #dashboard: ReturnType<typeof createDashboard> | undefined;
  #isLeaving = false;

  constructor(settings: RouteSettings) {
    this.#settings = settings;
  }

  /** Tells of this service from now on. The dashboard is loaded only now. */
  async show(service: Service): Promise<void> {
    const { createDashboard } = await import('../../observers/dashboard/dashboard.ts');
    const { allowActions } = this.#settings;
    this.#dashboard = createDashboard(service.source, { allowActions });
    this.#service = service;
  }

  /** Has `/readyz` say from now on that no more requests are wanted. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Ends the dashboard's streams, which never end by themselves. */
  close(): void {
    this.#dashboard?.close();
  }

  /** Answers a request; it never throws. */
  serve(req: IncomingMessage, res: ServerResponse): void {
    this.#route(req, res).catch((error: unknown) => {
      this.#settings.log('error', `admin: ${req.method} ${withoutQuery(req.url ?? '')}: ${messageOf(error)}`);
      if (res.headersSent) res.destroy();
      else answer(res, 500);
    });
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = withoutQuery(req.url ?? '');
    if (path === dashboardPath || path.startsWith(`${dashboardPath}/`)) return this.#serveDashboard(req, res);
    const page = this.#pageAt(path);
    if (!page) return answer(res, 404);
    if (req.method === 'GET' || req.method === 'HEAD') return page(res);
    res.setHeader('Allow', 'GET, HEAD');
    answer(res, 405);
  }

  #pageAt(path: string): ((res: ServerResponse) => void | Promise<void>) | undefined {
    if (path === '/healthz') return (res) => answer(res, 200, 'ok');
    if (path === '/readyz') return (res) => this.#answerReady(res);
    if (path === '/metrics') return (res) => this.#answerMetrics(res);
    if (path === '/') return redirectToDashboard;
    return undefined;
  }

  /**
   * Tells whether requests are wanted here. The state of the endpoints does not count: when all fail, every instance would
   * leave its load balancer at once, and clients would get the load balancer's error instead of the endpoints' answers.
   */
  #answerReady(res: ServerResponse): void {
    if (this.#isLeaving) answer(res, 503, 'stopping');
    else if (this.#service?.isReady) answer(res, 200, 'ready');
    else answer(res, 503, 'not ready');
  }

  async #answerMetrics(res: ServerResponse): Promise<void> {
    const { metrics } = this.#settings;
    if (metrics.problem !== undefined) return answer(res, 501, metrics.problem);
    const text = await metrics.mergeMetrics((await this.#service?.metrics()) ?? []);
    res.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
    res.setHeader('Cache-Control', 'no-store');
    res.end(text);
  }

  async #serveDashboard(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!this.#dashboard) return answer(res, 503, 'not ready');
    await this.#service?.refresh();
    // Express does so where something is mounted on a path.
    const { url = '' } = req;
    Object.assign(req, { originalUrl: url, url: url.slice(dashboardPath.length) });
    this.#dashboard(req, res);
  }
}

function redirectToDashboard(res: ServerResponse): void {
  res.setHeader('Location', `${dashboardPath}/`);
  answer(res, 302);
}

/** Answers with a line of text. */
function answer(res: ServerResponse, status: number, line = `${status} ${STATUS_CODES[status]}`): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.end(`${line}\n`);
}
