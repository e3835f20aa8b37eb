import type http from 'node:http';
import {
  hasMethods,
  type OptionParser,
  onlyInCode,
  type Parser,
  valueThat,
  withSchema,
} from '../../support/parser/kinds.ts';
import { fields, optional } from '../../support/parser/option.ts';
import { reject } from '../../support/parser/problems.ts';
import { isPlainObject } from '../../support/plain-object.ts';
import type { UpstreamRequest } from '../message/transport.ts';

/** Where the connection for a request comes from. */
export interface Source {
  /** The agent that gives it. */
  readonly agent: http.Agent;
  /** Whether the agent is the user's, who decides how it connects. */
  readonly isForeign: boolean;
}

/** Agents of the user's, for http and for https endpoints. */
export interface AgentPair {
  /**
   * For http endpoints.
   * @default ours
   */
  readonly http?: http.Agent | undefined;
  /**
   * For https endpoints.
   * @default ours
   */
  readonly https?: http.Agent | undefined;
}

/** One agent, for the protocol that it is made for, or for both, as agents for proxies are; or one agent for each. */
export type AgentOption = http.Agent | AgentPair;

/** Reads agents that the user gave, and finds out for which protocols they are. */
export const parseAgentPair: OptionParser<AgentPair> = withSchema(onlyInCode, (value, option) => {
  if (isAgentFor('http:', value) || isAgentFor('https:', value)) {
    return { ...(isAgentFor('http:', value) && { http: value }), ...(isAgentFor('https:', value) && { https: value }) };
  }
  if (!isPlainObject(value)) return reject(option, 'an http.Agent or an object with `http` and `https`', value);
  return fields<AgentPair>({ http: agentFor('http'), https: agentFor('https') })(value, option);
});

function agentFor(scheme: 'http' | 'https'): Parser<http.Agent | undefined> {
  return optional(
    valueThat<http.Agent>((value) => isAgentFor(`${scheme}:`, value), `an agent for ${scheme}`, onlyInCode),
    undefined,
  );
}

/** Whether a value is an agent for a protocol. Node's own agents have one protocol each; agents for both look who calls. */
function isAgentFor(protocol: 'http:' | 'https:', value: unknown): value is http.Agent {
  if (!hasMethods(value, 'addRequest')) return false;
  const own = Object.getOwnPropertyDescriptor(value, 'protocol');
  return own === undefined || own.value === protocol;
}

/** The agents that the user gave. */
export class ForeignAgents {
  readonly #http: Source | undefined;
  readonly #https: Source | undefined;

  /** @param pair as the user gave it. */
  constructor({ http, https }: AgentPair = {}) {
    this.#http = http && { agent: http, isForeign: true };
    this.#https = https && { agent: https, isForeign: true };
  }

  /** The user's agent for a request, or undefined for one of ours. */
  for({ address }: UpstreamRequest): Source | undefined {
    return address.secure ? this.#https : this.#http;
  }
}

/** Whether a request waits until its agent may have one more connection. */
export function isInLine(client: http.ClientRequest, source: Source | undefined): boolean {
  const lines: ReadonlyArray<readonly unknown[] | undefined> = Object.values(source?.agent.requests ?? {});
  return lines.some((line) => line?.includes(client));
}
