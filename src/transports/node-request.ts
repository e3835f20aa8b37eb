import http from 'node:http';
import https from 'node:https';
import { types } from 'node:util';
import type { Source } from './agents.ts';
import { type AgentRequest, type ConnectionSeeker, createAgent } from './create-agent.ts';
import { lookup } from './lookup.ts';
import { serverNameOf } from './server-name.ts';
import type { UpstreamRequest } from './transport.ts';
import { sendUnframed } from './upload.ts';

/** Methods to which node:http adds no chunked framing of its own when there is no body. */
const unframedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/**
 * Makes node:http's own request of ours, with target and headers byte for byte; the body is still to be sent.
 * @param source where its connection comes from; it gets one of its own otherwise.
 * @param seeker is told how that goes, unless the agent is the user's.
 */
export function createRequest(
  { address, method, target, headers, body, tls }: UpstreamRequest,
  source: Source | undefined,
  seeker: ConnectionSeeker,
): http.ClientRequest {
  const { secure } = address;
  const isForeign = source?.isForeign === true;
  const adrift = body === undefined && !unframedMethods.has(method);
  const options: AgentRequest & https.RequestOptions = {
    protocol: secure ? 'https:' : 'http:',
    ...(address.socketPath === undefined
      ? { host: address.connectTo ?? address.hostname, port: address.port }
      : { socketPath: address.socketPath }),
    ...(secure && serverNameOf(address)),
    ...(secure && (!source || isForeign) && (tls as https.RequestOptions)),
    ...(isForeign ? { lookup } : { seeker }),
    method,
    path: target,
    agent: source?.agent ?? createAgent({ secure }),
    setHost: false,
    ...(!adrift && { headers: isForeign || isMocked() ? toObject(headers) : headers }),
  };
  const client = isForeign ? requestOfForeign(options) : new http.ClientRequest(options);
  if (adrift) sendUnframed(client, headers);
  return client;
}

/**
 * Of an agent for both protocols only node:https itself learns that it is https that is wanted (agent-base looks who calls). All
 * others are not asked by `request()`: OpenTelemetry's instrumentation of it makes an object of a header list, whose names are
 * numbers then (apify/proxy-chain 585).
 */
function requestOfForeign(options: https.RequestOptions): http.ClientRequest {
  const isForBoth = options.protocol === 'https:' && !(options.agent instanceof https.Agent);
  return isForBoth ? https.request(options) : new http.ClientRequest(options);
}

/** Whether nock or its like stands in for node:http. */
function isMocked(): boolean {
  return types.isProxy(http.ClientRequest) || http.ClientRequest.name !== 'ClientRequest';
}

/**
 * What does not know lists of headers gets an object, which costs node:http more. Case and order are kept but for names that come
 * twice, not one behind the other.
 */
function toObject(headers: readonly string[]): http.OutgoingHttpHeaders {
  const fields = new Map<string, [name: string, value: string | string[]]>();
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = headers.slice(i, i + 2);
    const known = fields.get(name.toLowerCase());
    if (known) known[1] = [known[1], value].flat();
    else fields.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries(fields.values());
}
