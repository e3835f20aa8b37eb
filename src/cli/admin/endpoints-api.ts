import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EndpointSnapshot, ManagedProxy } from '../../index.ts';
import { type Change, changeAt } from '../../observers/dashboard/changes.ts';
import { shownLatency } from '../../observers/dashboard/history/shown-latency.ts';
import { isFromOtherPage } from '../../observers/dashboard/own-page.ts';
import { round } from '../../support/round.ts';
import { answerJson } from './answers.ts';

/** The path of the list; below it is each endpoint, and below that what may be done with it. */
export const endpointsPath = '/endpoints';

/** One request and its response, which is not begun. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The path, without the query. */
  readonly path: string;
}

interface ApiSettings {
  /** All that serves, up to date. */
  readonly source: ManagedProxy;
  /** Whether anything may be changed. */
  readonly allowActions: boolean;
}

/** Tells of the endpoints as JSON, and drains and restores them. */
export function answerEndpoints(exchange: Exchange, { source, allowActions }: ApiSettings): void {
  const { res, path } = exchange;
  const change = changeAt(path);
  if (path === endpointsPath) onlyReading(exchange, () => answerJson(res, 200, listOf(source)));
  else if (change) onlyPosting(exchange, () => changeEndpoint(exchange, { source, allowActions, change }));
  else {
    const name = nameAt(path);
    if (name === undefined) answerJson(res, 404, { error: `nothing is at ${path}` });
    else onlyReading(exchange, () => answerEndpoint(res, { source, name }));
  }
}

/** Answers with an error. */
function fail(res: ServerResponse, status: number, error: string): void {
  answerJson(res, status, { error });
}

function onlyReading({ req, res }: Exchange, serve: () => void): void {
  if (req.method === 'GET' || req.method === 'HEAD') serve();
  else refuseMethod(res, 'GET, HEAD');
}

function onlyPosting({ req, res }: Exchange, serve: () => void): void {
  if (req.method === 'POST') serve();
  else refuseMethod(res, 'POST');
}

function refuseMethod(res: ServerResponse, allowed: string): void {
  res.setHeader('Allow', allowed);
  fail(res, 405, `expected ${allowed.replace(', ', ' or ')}`);
}

/** The name in a path such as `/endpoints/http%3A%2F%2Fone.example`. */
function nameAt(path: string): string | undefined {
  const [, name] = /^\/endpoints\/([^/]+)$/.exec(path) ?? [];
  try {
    return name && decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function changeEndpoint(
  { req, res }: Exchange,
  { source, allowActions, change }: ApiSettings & { readonly change: Change },
): void {
  const { endpoint: name, action } = change;
  if (!allowActions) fail(res, 403, `to ${action} an endpoint, the command has to be started with -admin-actions`);
  else if (isFromOtherPage(req)) fail(res, 403, 'a page of a browser may do that on /dashboard/ only');
  else {
    const isKnown = source[action](name);
    // One that DNS gives no longer is known, and not shown.
    if (isKnown && source.endpoints.every((endpoint) => endpoint.name !== name))
      answerJson(res, 200, { name, state: null });
    else answerEndpoint(res, { source, name });
  }
}

function answerEndpoint(
  res: ServerResponse,
  { source: { endpoints }, name }: { readonly source: ManagedProxy; readonly name: string },
): void {
  const snapshot = endpoints.find((endpoint) => endpoint.name === name);
  if (snapshot) answerJson(res, 200, asJson(snapshot));
  else answerJson(res, 404, { error: `no endpoint is called "${name}"`, endpoints: endpoints.map((one) => one.name) });
}

function listOf({ endpoints, hedgesDenied }: ManagedProxy): object {
  return { endpoints: endpoints.map(asJson), hedgesDenied };
}

/** An endpoint as the JSON has it: each key at all times, null where there is nothing to tell. */
function asJson({
  latencyMs,
  latencyCount,
  ejectionCause,
  backInMs,
  healthRatio,
  ...snapshot
}: EndpointSnapshot): object {
  const { name, tier, state, ...counts } = snapshot;
  return {
    name,
    tier,
    state,
    ejectionCause: ejectionCause ?? null,
    backInMs: Math.round(backInMs),
    ...counts,
    healthRatio: round(healthRatio, 3),
    latencyMs: shownLatency(latencyMs),
    latencyCount,
  };
}
