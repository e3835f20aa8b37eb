import type { Candidate } from '../../src/endpoints/candidate.ts';
import { EndpointPool } from '../../src/endpoints/pool.ts';
import type { Choice } from '../../src/endpoints/stages.ts';
import type { Endpoint, EndpointSettings } from '../../src/endpoints/state/endpoint.ts';
import { configuredAt, settings } from './candidates.ts';

export const poolWith = (overrides: Partial<EndpointSettings> = {}) => new EndpointPool({ ...settings, ...overrides });

export const oneByOne: Choice = { order: 'given', max: Infinity, isRace: false };
export const race: Choice = { ...oneByOne, isRace: true };

/** A pool of endpoints whose names are one letter each. */
export function startPool(names: string, overrides?: Partial<EndpointSettings>) {
  const pool = poolWith(overrides);
  const candidates = pool.candidatesAt([...names].map(configuredAt));
  const endpoints = new Map(candidates.map(({ endpoint }) => [endpoint.name, endpoint]));
  return {
    pool,
    candidates,
    chosen: (choice: Choice) => namesOf(pool.choose(candidates, choice).all()),
    each: (some: string, act: (endpoint: Endpoint) => void) => {
      for (const name of some) act(endpoints.get(name) as Endpoint);
    },
  };
}

const namesOf = (candidates: Iterable<Candidate>) => [...candidates].map(({ endpoint }) => endpoint.name).join('');

export const coolDown = (endpoint: Endpoint) => endpoint.coolDown(60_000);
export const start = (endpoint: Endpoint) => endpoint.attemptStarted();
