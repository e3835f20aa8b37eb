import http from 'node:http';
import https from 'node:https';
import { types } from 'node:util';
import { groupByName } from '../../http/headers.ts';
import type { Source } from '../connect/foreign-agents.ts';
import { lookup as systemLookup } from '../connect/lookup.ts';
import { probing } from '../connect/probing.ts';
import { serverNameOf } from '../connect/server-name.ts';
import type { UpstreamRequest } from '../message/transport.ts';
import { sendUnframed } from '../message/upload.ts';
import { type AgentRequest, type ConnectionSeeker, createAgent } from './create-agent.ts';

/** Methods to which node:http adds no chunked framing of its own when there is no body. */
const unframedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * Makes a request of node:http, with target and headers byte for byte; the body is still to be sent.
 * @param source where the connection comes from; without one the request gets a connection of its own.
 * @param seeker is told of the opening, unless the user's agent or nock makes the connection.
 */
export function createRequest(upstream: UpstreamRequest, source: Source | undefined, seeker: ConnectionSeeker) {
  const { address, method, target, headers, body, tls } = upstream;
  const { secure } = address;
  const { localAddress, lookup = systemLookup } = seeker.route;
  const isOthers = source?.isForeign === true || isMocked();
  const adrift = body === undefined && !unframedMethods.has(method);
  const options: AgentRequest & https.RequestOptions = {
    protocol: secure ? 'https:' : 'http:',
    ...(address.socketPath === undefined
      ? { host: address.connectTo ?? address.hostname, port: address.port }
      : { socketPath: address.socketPath }),
    ...(secure && (!source || source.isForeign) && (tls as https.RequestOptions)),
    ...(secure && serverNameOf(address, tls)),
    ...(localAddress !== undefined && { localAddress }),
    ...(isOthers ? { lookup } : { seeker }),
    method,
    path: target,
    ...(!source?.isForeign && probing),
    agent: source?.agent ?? createAgent({ secure }),
    setHost: false,
    ...(!adrift && { headers: isOthers ? toObject(headers) : headers }),
  };
  const client = isOthers ? requestOfOthers(options) : new http.ClientRequest(options);
  if (adrift) sendUnframed(client, headers);
  return client;
}

/**
 * Makes a request where nock or the user's agent is in play: only by `https.request()` do nock and agents for both protocols (agent-base)
 * learn that https is wanted. Other requests keep away from it: OpenTelemetry's instrumentation of `request()` makes an object of a header
 * list, whose names are numbers then (apify/proxy-chain 585), and adds headers.
 */
function requestOfOthers(options: https.RequestOptions): http.ClientRequest {
  const isPlainAgent = options.protocol === 'http:' || options.agent instanceof https.Agent;
  if (isPlainAgent && !isMocked()) return new http.ClientRequest(options);
  return (options.protocol === 'http:' ? http : https).request(options);
}

/** Whether nock or its like stands in for node:http. */
function isMocked(): boolean {
  return types.isProxy(http.ClientRequest) || http.ClientRequest.name !== 'ClientRequest';
}

/**
 * The headers as an object, for agents and mocks that know no lists; an object costs node:http more. Case and order are kept but for
 * names that come twice, not one behind the other.
 */
function toObject(headers: readonly string[]): http.OutgoingHttpHeaders {
  const groups = [...groupByName(headers)];
  return Object.fromEntries(groups.map(({ name, values }) => [name, values.length === 1 ? values[0] : values]));
}
