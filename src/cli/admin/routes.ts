import type { IncomingMessage, ServerResponse } from 'node:http';
import { changeAt } from '../../observers/dashboard/changes.ts';
import type { Dashboard } from '../../observers/dashboard/middleware.ts';
import { messageOf } from '../../support/message-of.ts';
import { withoutQuery } from '../../support/text.ts';
import type { Log } from '../log/log.ts';
import type { LogSink } from '../log/log-sink.ts';
import { commandMetrics } from '../metrics/command-metrics.ts';
import type { LoadedMetrics } from '../metrics/load-metrics.ts';
import type { Reloads } from '../serve/reloads.ts';
import type { Service } from '../serve/service.ts';
import { answerJson, answerLine, answerText } from './answers.ts';
import { factsOf } from './command-facts.ts';
import { answerEndpoints, endpointsPath } from './endpoints-api.ts';
import type { HostProblem, KnownHosts } from './known-hosts.ts';

interface RouteSettings {
  readonly metrics: LoadedMetrics;
  /** Whether anybody may drain and restore endpoints. */
  readonly allowActions: boolean;
  /** The names under which requests are taken; undefined where no browser can ask. */
  readonly hosts: KnownHosts | undefined;
  /** Has the configuration in use. */
  readonly reloads: Reloads;
  /** Has the lines of the log that were lost. */
  readonly sink: Pick<LogSink, 'lost'>;
  readonly log: Log;
}

/** The path that the dashboard is mounted on. */
const dashboardPath = '/dashboard';

/** The most names that are logged because requests came under them: a client can make up others without end. */
const maxNamesLogged = 10;

/** Answers the requests to the admin port. An error here is logged and harms no request to the proxy. */
export class AdminRoutes {
  readonly #settings: RouteSettings;
  #service: Service | undefined;
  #dashboard: Dashboard | undefined;
  #isLeaving = false;
  /** The names under which requests came in vain. */
  readonly #refusedNames = new Set<string>();

  constructor(settings: RouteSettings) {
    this.#settings = settings;
  }

  /** Tells of this service from now on. The dashboard is loaded only now. */
  async show(service: Service): Promise<void> {
    const { createMiddleware, defaultTitle } = await import('../../observers/dashboard/middleware.ts');
    const { allowActions, reloads } = this.#settings;
    const title = (): string => reloads.configuration.options.via ?? defaultTitle;
    this.#dashboard = createMiddleware({
      source: service.source,
      chronicle: service.chronicle(),
      title,
      allowActions,
    });
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
      else answerLine(res, 500);
    });
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const problem = this.#settings.hosts?.problemWith(req);
    if (problem) return this.#refuse(res, problem);
    const path = withoutQuery(req.url ?? '');
    if (isUnder(path, dashboardPath)) return this.#serveDashboard(req, res);
    if (isUnder(path, endpointsPath)) return this.#serveEndpoints(req, res, path);
    const page = this.#pageAt(path);
    if (!page) return answerLine(res, 404);
    if (req.method === 'GET' || req.method === 'HEAD') return page(res);
    res.setHeader('Allow', 'GET, HEAD');
    answerLine(res, 405);
  }

  /** Whoever scrapes under a name of their own finds out from the log why nothing comes any more. */
  #refuse(res: ServerResponse, { status, line, name }: HostProblem): void {
    answerLine(res, status, line);
    if (name === undefined || this.#refusedNames.has(name) || this.#refusedNames.size >= maxNamesLogged) return;
    this.#refusedNames.add(name);
    this.#settings.log('warn', `admin: ${line}`, { host: name });
  }

  #pageAt(path: string): ((res: ServerResponse) => void | Promise<void>) | undefined {
    if (path === '/healthz') return (res) => answerLine(res, 200, 'ok');
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
    if (this.#isLeaving) answerLine(res, 503, 'stopping');
    else if (this.#service?.isReady) answerLine(res, 200, 'ready');
    else answerLine(res, 503, 'not ready');
  }

  async #answerMetrics(res: ServerResponse): Promise<void> {
    const { metrics, reloads, sink } = this.#settings;
    if (metrics.problem !== undefined) return answerLine(res, 501, metrics.problem);
    const ofProcesses = (await this.#service?.metrics()) ?? [];
    const ofCommand = commandMetrics(factsOf({ reloads, sink, service: this.#service }));
    const text = await metrics.mergeMetrics([...ofProcesses, ofCommand]);
    answerText(res, { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text });
  }

  async #serveEndpoints(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const { allowActions } = this.#settings;
    if (!this.#service) return answerJson(res, 503, { error: 'not ready' });
    await this.#service.refresh();
    answerEndpoints({ req, res, path }, { source: this.#service.source, allowActions });
    this.#logChange(req, res, path);
  }

  /** Logs who has drained or restored an endpoint, if that is what the request was for and what it has got. */
  #logChange({ socket }: IncomingMessage, res: ServerResponse, path: string): void {
    const change = changeAt(path);
    if (!change || res.statusCode !== 200) return;
    const { endpoint, action } = change;
    const client = socket.remoteAddress ?? 'a client without an address';
    this.#settings.log('info', `admin: ${client} asked to ${action} "${endpoint}"`, { client, action, endpoint });
  }

  async #serveDashboard(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!this.#dashboard) return answerLine(res, 503, 'not ready');
    await this.#service?.refresh();
    // Express does so where something is mounted on a path.
    const { url: originalUrl = '' } = req;
    const url = originalUrl.slice(dashboardPath.length);
    Object.assign(req, { originalUrl, url });
    this.#dashboard(req, res);
    this.#logChange(req, res, withoutQuery(url));
  }
}

function redirectToDashboard(res: ServerResponse): void {
  res.setHeader('Location', `${dashboardPath}/`);
  answerLine(res, 302);
}

function isUnder(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}
