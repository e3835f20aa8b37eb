import type { AttemptOptions } from '../attempts/attempt/attempt-settings.ts';
import type { Candidate } from '../endpoints/candidate.ts';
import { noOverrides } from '../endpoints/place/configured-endpoint.ts';

/** The options that were made last for the settings of an endpoint, and of which ones. */
interface OwnConfig {
  readonly of: AttemptOptions;
  readonly config: AttemptOptions;
}

/** Settings are the same objects for as long as an endpoint is configured in the same way, which saves each attempt a copy. */
const known = new WeakMap<Candidate['settings'], OwnConfig>();

/** The options for attempts at an endpoint: those of the proxy, but for the settings that the endpoint has of its own. */
export function ownConfig<Options extends AttemptOptions>(
  { settings }: Pick<Candidate, 'settings'>,
  of: Options,
): Options {
  if (settings === noOverrides) return of;
  const made = known.get(settings);
  if (made?.of === of) return made.config as Options;
  const config = { ...of, ...settings };
  known.set(settings, { of, config });
  return config;
}
