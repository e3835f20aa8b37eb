import { createRequire } from 'node:module';

/** The undici of the package itself: from here a plain import would find the older one of a peer. */
export const undici: typeof import('undici') = createRequire(new URL('../../../../package.json', import.meta.url))(
  'undici',
);
